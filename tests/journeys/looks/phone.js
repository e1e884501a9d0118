//! window 390x844
await until(() => visible("#home .chap button"), "the catalogue is here");
await audit("home");
for (const chapter of document.querySelectorAll("[data-chapter]")) {
  chapter.click();
  await pause(60);
  spill(`home, chapter ${chapter.dataset.chapter}`);
}
await play();
await until(() => document.querySelectorAll("#stage svg .tile").length > 3, "records stand on the stage");
await still();
await audit("free play");
spill("free play");
click("#add");
await until(() => visible("#palette"), "the palette");
for (const sheet of ["topic", "producer", "load", "settings", "consumer", "cluster"]) {
  click(`#palette-${sheet}`);
  await until(() => visible(`#palette-${sheet}[aria-pressed=true]`), `the sheet ${sheet}`);
  spill(`the palette, ${sheet}`);
}
await audit("the palette");
click("#add");
click("#help");
await until(() => visible("#keys"), "the list of keys");
spill("the list of keys");
click("#help-close");
click("#view-table");
await until(() => visible("#table"), "the tables");
spill("the tables");
await audit("the tables");
