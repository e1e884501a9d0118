await play();
await until(() => document.querySelectorAll("#stage svg .tile").length > 3, "records stand on the stage");
await still();
await audit("free play");
spill("free play");
click("#help");
await until(() => visible("#keys"), "the list of keys");
await audit("the list of keys");
click("#help-close");
click("#add");
await until(() => visible("#palette"), "the palette");
for (const sheet of ["topic", "producer", "load", "settings", "consumer", "cluster"]) {
  click(`#palette-${sheet}`);
  await until(() => visible(`#palette-${sheet}[aria-pressed=true]`), `the sheet ${sheet}`);
  await audit(`the palette, ${sheet}`);
}
click("#add");
await until(() => !visible("#palette"), "the palette closes");
click("#share");
await until(() => visible("#share-link"), "a link to the run");
await audit("a link to the run");
click("#share-close");
touch(/^(broker|브로커) 2$/);
await until(() => visible("#act-inspect"), "a broker is selected");
click("#act-inspect");
await until(() => visible("#inspector"), "the inspector");
await audit("the inspector of a broker");
spill("the inspector of a broker");
//! reload
await play();
await until(() => document.querySelectorAll("#stage svg .tile").length > 3, "records stand on the stage");
await still();
run("sim kill 2");
run("sim advance 1s");
await audit("a killed leader");
for (const tab of document.querySelectorAll(".dock [role='tab']")) {
  tab.click();
  await pause(150);
  await audit(`the dock, ${tab.textContent}`);
}
click("#view-table");
await until(() => visible("#table"), "the tables");
await audit("the tables");
spill("the tables");
