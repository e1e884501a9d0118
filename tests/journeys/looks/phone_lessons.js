//! window 390x844
// Every step of every lesson that can be opened: while it is open, with its hints, and reached.
await until(() => visible("#home .chap button"), "the catalogue is here");
const lessons = new Set();
for (const chapter of document.querySelectorAll("[data-chapter]")) {
  chapter.click();
  await pause(60);
  for (const link of document.querySelectorAll("[data-lesson] a")) lessons.add(link.closest("[data-lesson]").dataset.lesson);
}
if (lessons.size < 2) fail(`there are lessons to open: ${[...lessons]}`);
const open = () => document.querySelector(".lesson .steps .now");
for (const lesson of lessons) {
  location.hash = `#/lesson/${lesson}`;
  await until(() => visible(".lesson .steps") && open(), `${lesson} is open`, 60);
  await still();
  while (!document.querySelector("#sheet-taller").disabled) { click("#sheet-taller"); await pause(60); }
  if (lesson === "L05") await audit("the sheet with a lesson");
  for (let step = 1; open(); step++) {
    const place = `${lesson}.${document.querySelector(".lesson .steps > span").textContent}`;
    spill(place);
    for (const question of document.querySelectorAll(".lesson [role=radiogroup]")) {
      question.querySelector("[role=radio]").click();
      await until(() => !document.querySelector(".lesson .lockrow .btn").disabled, "an option is chosen");
      document.querySelector(".lesson .lockrow .btn").click();
      await until(() => !document.querySelector(".lesson .lockrow"), "the prediction is locked");
    }
    while (document.querySelector("#lesson-hint")) { click("#lesson-hint"); await pause(60); }
    spill(`${place}, with its hints`);
    click("#lesson-solution");
    await until(() => document.querySelector(".lesson .insight"), `${place} is reached`, 60);
    spill(`${place}, reached`);
    click("#lesson-next");
    await until(() => !document.querySelector(".lesson .insight"), `on from ${place}`);
  }
  await until(() => visible(".lesson .aha"), `${lesson} is done`);
  spill(`${lesson}, what to take along`);
}
