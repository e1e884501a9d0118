// Real keys, as a keyboard sends them: from the top of the page into a lesson, to its first goal, and to the stage.
await until(() => visible("#start"), "a lesson is offered");
document.body.tabIndex = -1;
//! keys Tab Tab Tab
same(document.activeElement.id, "to-play", "the brand, lessons, free play");
//! keys Enter
await until(() => visible("#stage"), "Enter follows the link to free play");
history.back();
await until(() => visible("#start") && location.hash === "#/", "home again");
document.getElementById("help").focus();
//! keys Tab
same(document.activeElement.id, "start", "behind the bar comes what is offered");
//! keys Enter
await until(() => visible(".lesson [role=radiogroup]"), "the lesson opens at its prediction");
await until(() => document.activeElement.id === "lesson-title", "and its title takes the focus", 3);
//! keys Tab
if (document.activeElement.closest(".lesson") === null) fail(`Tab goes on in the lesson: ${document.activeElement.outerHTML.slice(0, 120)}`);
document.querySelector(".lesson .steps button[aria-current=step]").focus();
//! keys Tab
same(document.activeElement.getAttribute("role"), "radio", "Tab stops at the options");
//! keys ArrowDown ArrowUp
same(document.activeElement.getAttribute("aria-checked"), "true", "arrows choose");
//! keys Tab
if (!document.activeElement.id.startsWith("lock-")) fail(`Tab stops at the lock: ${document.activeElement.outerHTML.slice(0, 120)}`);
//! keys Enter
await until(() => !document.querySelector(".lesson .lockrow"), "the prediction is locked");
await pause(100);
if (document.activeElement === document.body) fail("the focus is lost with the button that locked");
//! keys `
await until(() => document.activeElement.id === "prompt", "the console is one key away");
//! keys s i m Space h i n t Enter
await until(() => document.querySelectorAll("#hints li").length === 1, "a line is typed");
//! keys Escape
await until(() => document.activeElement.id === "stage", "Escape leads to the stage");
//! keys ArrowRight
await until(() => visible(".picked"), "an arrow selects");
//! keys Enter
await until(() => visible("#inspector"), "Enter looks into it");
//! keys ?
await until(() => document.activeElement.closest("#keys"), "the list of keys takes the focus");
//! keys Tab Tab Tab Tab
if (!document.activeElement.closest("#keys")) fail("and keeps it until it is closed");
//! keys Escape
await until(() => !visible("#keys") && document.activeElement !== document.body, "and gives it back");
