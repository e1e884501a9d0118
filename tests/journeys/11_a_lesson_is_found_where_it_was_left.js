location.hash = "#/lesson/L05";
const place = () => document.querySelector(".lesson .steps > span")?.textContent ?? "";
await until(() => place() === "Step 1 of 6" && visible(".lesson [role=radio]"), "the lesson is open");
run("sim answer L05.P1 2");
run("sim produce shop --topic orders --key user123 --value order456 --wait acked");
await until(() => visible(".lesson .opt.wrong"), "the prediction was wrong, and the step is reached");
run("sim produce shop --topic orders --key user123 --values a,b --wait acked");
await pause(200);
sessionStorage.setItem("digest", run("sim digest"));
location.hash = "#/";
await until(() => visible("#home"), "home");
//! reload
await until(() => visible("#start"), "the catalogue is here");
same(document.querySelector("#start").getAttribute("href"), "#/lesson/L05", "the lesson that was begun is offered");
const progress = JSON.parse(localStorage.getItem("highwater.progress"));
same([progress.lessons.L05.reached, progress.lessons.L05.finished, progress.lessons.L05.predictions], [1, false, { "L05.P1": false }], "what is kept");
click("#start");
await until(() => document.querySelector(".lesson .steps > span")?.textContent === "Step 2 of 6", "it goes on at the second step", 60);
same(run("sim digest"), sessionStorage.getItem("digest"), "in the same cluster");
