// What a visitor does who opens a lesson: chapters, theme, predictions, play, a hint, the solutions, home.
// Each of these may wait for nothing but the first file and the lesson's own texts.
const find = (selector) => document.querySelector(selector);
const press = async (selector) => {
  await until(() => find(selector) && !find(selector).disabled, `${selector} can be clicked`);
  find(selector).click();
  await pause(60);
};
await until(() => visible("#home .chap button"), "the catalogue is here");
for (const chapter of document.querySelectorAll("[data-chapter]")) { chapter.click(); await pause(60); }
await press("#theme");
await press("#theme");
location.hash = "#/lesson/L05";
for (let step = 1; step <= 6; step++) {
  const place = () => find(".lesson .steps > span")?.textContent ?? "";
  await until(() => place() === `Step ${step} of 6` && find("#lesson-next").disabled, `step ${step} is open`);
  for (const question of document.querySelectorAll(".lesson [role=radiogroup]")) {
    question.querySelector("[role=radio]").click();
    await press(".lesson .lockrow .btn");
    await until(() => !find(".lesson .lockrow"), "the prediction is locked");
  }
  if (step === 2) for (const id of ["#play", "#next", "#previous", "#play"]) if (visible(id)) { click(id); await pause(250); }
  for (let hint = 1; hint <= 3; hint++) {
    await until(() => find("#lesson-hint")?.textContent === `Hint ${hint}/3`, `hint ${hint} is offered`);
    await press("#lesson-hint");
  }
  await press("#lesson-solution");
  await until(() => !find("#lesson-next").disabled, `step ${step} is reached`, 60);
  await press("#lesson-next");
}
await until(() => find(".lesson .aha"), "the lesson says what to take along");
click("#brand");
await until(() => visible("#home"), "the brand leads home");
if (performance.getEntriesByType("resource").some(({ name }) => name.endsWith("_rest.wasm"))) fail(`a lesson fetched the second file: ${performance.getEntriesByName("rest").map((mark) => mark.detail).join("\n") || "ahead"}`);
// The next visitor is a stranger too.
localStorage.clear();
