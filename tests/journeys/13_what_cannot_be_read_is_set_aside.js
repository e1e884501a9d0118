localStorage.setItem("highwater.progress", "{\"version\":1,\"lessons\":");
localStorage.setItem("highwater.bookmark.L05", "\u0000nonsense");
localStorage.setItem("highwater.theme", "purple");
localStorage.setItem("highwater.language", "tlh");
//! reload
await until(() => visible("#home .chap button"), "the page comes alive all the same");
await until(() => /damaged/.test(document.body.innerText), "and says what it found");
same(localStorage.getItem("highwater.progress.aside.1"), "{\"version\":1,\"lessons\":", "it is set aside, not thrown away");
same(["light", "dark"].includes(document.documentElement.dataset.theme), true, "a theme that there is");
location.hash = "#/lesson/L05";
await until(() => document.querySelector(".lesson .steps > span")?.textContent === "Step 1 of 6", "the lesson begins again", 60);
same(localStorage.getItem("highwater.bookmark.L05.aside.1"), "\u0000nonsense", "the bookmark is set aside too");
localStorage.setItem("highwater.progress", "{\"version\":99,\"lessons\":{}}");
//! reload
await until(() => /newer version/.test(document.body.innerText), "progress of a newer version is left alone");
same(localStorage.getItem("highwater.progress.aside.2"), "{\"version\":99,\"lessons\":{}}", "beside the other");
// A browser that keeps nothing at all.
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
click("#theme");
await play();
run("sim advance 10ms");
