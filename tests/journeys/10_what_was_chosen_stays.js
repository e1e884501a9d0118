click("#theme");
[...document.querySelectorAll(".topbar [lang=ko]")][0].click();
const looks = () => [document.documentElement.dataset.theme, document.documentElement.lang];
await until(() => looks().join() === "dark,ko", "dark, and Korean");
if (!/[가-힣]/.test(document.querySelector("#home h1").textContent)) fail("the page speaks Korean");
//! reload
same([document.documentElement.dataset.theme, document.documentElement.lang], ["dark", "ko"], "after a reload");
await until(() => visible("#home h1"), "the page is here");
if (!/[가-힣]/.test(document.querySelector("#home h1").textContent)) fail("it still speaks Korean");
same(getComputedStyle(document.documentElement).colorScheme, "dark", "the browser's own parts are dark too");
document.querySelector(".topbar [lang=en]").click();
click("#theme");
await until(() => document.documentElement.lang === "en" && document.documentElement.dataset.theme === "light", "and back");
//! reload
same([document.documentElement.dataset.theme, document.documentElement.lang], ["light", "en"], "after another reload");
