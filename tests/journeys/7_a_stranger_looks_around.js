// What a visitor tries within the first minutes. Each of these may wait for nothing but the first file.
const press = async (key, more) => {
  for (const kind of ["keydown", "keyup"]) document.body.dispatchEvent(new KeyboardEvent(kind, { key, bubbles: true, ...more }));
  await pause(120);
};
const point = async (element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  const at = { clientX: x + width / 2, clientY: y + height / 2, bubbles: true, pointerId: 1, isPrimary: true };
  for (const kind of ["pointerover", "pointermove", "pointerdown", "pointerup", "click"])
    element.dispatchEvent(kind === "click" ? new MouseEvent(kind, at) : new PointerEvent(kind, at));
  await pause(250);
};
await until(() => visible("#home .chap button"), "the catalogue is here");
for (const chapter of document.querySelectorAll("[data-chapter]")) { chapter.click(); await pause(60); }
click("#theme"); await pause(150); click("#theme"); await pause(150);
await play();
await until(() => document.querySelectorAll("#stage svg .tile").length > 3, "records stand on the stage");
await pause(1500);
for (const id of ["#play", "#next", "#next", "#previous", "#play"]) { if (visible(id)) click(id); await pause(250); }
for (const selector of ["#stage svg .tile", "#stage svg .broker", "#stage svg .client", "#stage svg [data-id]"]) {
  const found = [...document.querySelectorAll(selector)];
  for (const element of [found[0], found[Math.floor(found.length / 2)], found[found.length - 1]]) if (element) await point(element);
}
for (const tab of document.querySelectorAll(".dock [role='tab']")) { tab.click(); await pause(250); }
await press("?"); await press("Escape");
for (const key of [" ", "ArrowRight", "ArrowLeft", " "]) await press(key);
click("#brand");
await until(() => visible("#home"), "the brand leads home");
history.back();
await until(() => visible("#stage"), "and back");
await pause(800);
