// What every journey may use. A journey is the body of an async function and throws when something is wrong.
const fail = (text) => { throw new Error(text); };
// What is wrong and does not keep a journey from going on.
const faults = [];
const same = (found, wanted, what) => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) fail(`${what}: ${a} instead of ${b}`);
};
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const until = async (holds, what, seconds = 20) => {
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (performance.now() > end) fail(`${what}: not within ${seconds} s`);
    await pause(30);
  }
};
const run = (line) => {
  const answer = window.highwater.run(line);
  if (answer.status !== 0) fail(`${line}: ${answer.stderr}`);
  return answer.stdout;
};
const visible = (selector) => { const one = document.querySelector(selector); return one && one.checkVisibility({ visibilityProperty: true }) ? one : null; };
const click = (selector) => (visible(selector) || fail(`${selector} is not there to click`)).click();
// From the home page, where a visit begins, to the cluster.
const play = async () => {
  location.hash = "#/play";
  await until(() => visible("#stage"), "free play opens");
};
// Writes into a field as a visitor would.
const fill = (selector, text) => {
  const field = visible(selector) || fail(`${selector} is not there to be filled`);
  field.value = text;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
};
// A click on the stage where this text stands, or one that a pattern fits.
const touch = (text) => {
  const fits = (one) => text instanceof RegExp ? text.test(one.textContent) : one.textContent === text;
  const found = [...document.querySelectorAll("#stage .picture text")].find(fits) || fail(`${text} is not on the stage`);
  const place = found.getBoundingClientRect();
  const at = { clientX: place.left + place.width / 2, clientY: place.top + place.height / 2, bubbles: true };
  document.getElementById("stage").dispatchEvent(new MouseEvent("click", at));
};
// Stops time.
const still = async () => {
  const goes = () => document.getElementById("play").getAttribute("aria-pressed") === "true" || /Pause|멈/.test(document.getElementById("play").getAttribute("aria-label"));
  if (goes()) click("#play");
  await until(() => !goes(), "time stands still");
};
// What axe-core finds serious or critical; it is there in tests/journeys/looks.
const audit = async (what) => {
  await pause(250);
  const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
  for (const { id, impact, help, nodes } of violations.filter((one) => /serious|critical/.test(one.impact))) {
    const places = nodes.slice(0, 4).map((node) => `    ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`);
    faults.push(`${what}: ${id} (${impact}): ${help}, ${nodes.length} times\n${places.join("\n")}`);
  }
};
// Text that stands out of its box, or out of the page, sideways.
const spill = (what) => {
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`${what}: the page is wider than the window by ${document.documentElement.scrollWidth - innerWidth}`);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const found = new Map();
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.textContent.trim();
    let box = node.parentElement;
    if (!text || !box.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || box.closest("script, style, .vh, svg, [aria-hidden=true]")) continue;
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 1);
    if (!rects.length) continue;
    // The nearest box that is not a part of a line, and whether something around the text scrolls or cuts it on purpose.
    while (getComputedStyle(box).display.startsWith("inline") && getComputedStyle(box).display === "inline") box = box.parentElement;
    let free = false;
    for (let around = box; around && !free; around = around.parentElement) {
      const style = getComputedStyle(around);
      free = /auto|scroll/.test(style.overflowX) && around.scrollWidth > around.clientWidth || style.textOverflow === "ellipsis" && style.overflowX !== "visible";
    }
    if (free) continue;
    const edge = box.getBoundingClientRect();
    const [left, right] = [Math.min(...rects.map((rect) => rect.left)), Math.max(...rects.map((rect) => rect.right))];
    const [top, bottom] = [Math.min(...rects.map((rect) => rect.top)), Math.max(...rects.map((rect) => rect.bottom))];
    const over = Math.max(edge.left - left, right - edge.right, -left, right - innerWidth);
    const under = getComputedStyle(box).overflowY === "hidden" ? Math.max(edge.top - top, bottom - edge.bottom) - 4 : 0;
    if (over > 1.5 || under > 1.5) found.set(`${box.tagName.toLowerCase()}.${box.className} "${text.slice(0, 40)}"`, Math.round(Math.max(over, under)));
  }
  for (const [place, by] of found) faults.push(`${what}: ${place} stands out by ${by} px`);
};
await until(() => window.highwater, "the page comes alive");
