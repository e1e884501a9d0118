// L05 as its texts say it: what is sent is filled into the palette, then time plays.
location.hash = "#/lesson/L05";
await until(() => visible(".lesson [role=radiogroup]"), "the lesson is open");
const send = (keys, more) => ["load", { first: "shop", topic: "orders", shape: "burst", keys, value: "", partition: "", count: "1", ...more }];
const load = (topic, shape, pace) => ["load", { first: "shop", topic, shape, pace }];
const steps = [
  [send("user123", { value: "order456" })],
  [send("user123", { count: "5" }), send("order-1,order-4", { count: "2" })],
  [send("", { count: "12" })],
  [send("user123", { partition: "2" })],
  [load("orders", "celebrity", "200")],
  [["settings", { first: "shop", linger: "", partitioner: "VipPartitioner" }], load("vip-orders", "mixed", "100")],
];
for (const [index, sheets] of steps.entries()) {
  const place = `step ${index + 1}`;
  await until(() => document.querySelector(".lesson .steps > span").textContent === `Step ${index + 1} of 6`, `${place} is open`);
  for (const question of document.querySelectorAll(".lesson [role=radiogroup]")) {
    question.querySelector("[role=radio]").click();
    await until(() => !document.querySelector(".lesson .lockrow .btn").disabled, "an option is chosen");
    document.querySelector(".lesson .lockrow .btn").click();
    await until(() => !document.querySelector(".lesson .lockrow"), "the prediction is locked");
  }
  for (const [sheet, fields] of sheets) {
    click("#add");
    await until(() => visible("#palette"), "the palette");
    click(`#palette-${sheet}`);
    await until(() => visible(`#palette-${sheet}[aria-pressed=true]`), `the sheet ${sheet}`);
    for (const [name, text] of Object.entries(fields)) {
      fill(name === "first" ? "#palette-first" : `#field-${name}`, text);
      await pause(40);
    }
    const line = visible("#palette .line code").innerText;
    click("#palette-run");
    await until(() => visible("#palette .answer").innerText.trim(), `an answer to ${line}`);
    if (document.querySelector("#palette .refused")) fail(`${line}: ${document.querySelector("#palette .refused").innerText}`);
    click("#add");
    await until(() => !visible("#palette"), "the palette closes");
  }
  const speed = document.getElementById("speed");
  fill("#speed", String(Math.min(9, Number(speed.max))));
  if (/Play/.test(document.getElementById("play").getAttribute("aria-label")) && document.querySelector("#lesson-next").disabled) click("#play");
  await until(() => !document.querySelector("#lesson-next").disabled, `${place} is reached by ${JSON.stringify(sheets)}`, 40);
  await still();
  click("#lesson-next");
  await pause(100);
}
await until(() => visible(".lesson .aha"), "the lesson is done");
