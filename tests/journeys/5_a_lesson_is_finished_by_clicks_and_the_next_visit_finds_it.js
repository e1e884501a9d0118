const find = (selector, page = document) => page.querySelector(selector);
const press = async (selector, page = document) => {
  await until(() => find(selector, page) && !find(selector, page).disabled, `${selector} can be clicked`);
  find(selector, page).click();
};
const place = (page = document) => find(".lesson .steps > span", page)?.textContent ?? "";
// By clicks alone: predict where it is asked, take the hints, run the lines, go on.
location.hash = "#/lesson/L05";
for (let step = 1; step <= 6; step++) {
  await until(() => place() === `Step ${step} of 6` && find("#lesson-next").disabled, `step ${step} is open`);
  for (const question of document.querySelectorAll(".lesson [role=radiogroup]")) {
    if (document.getElementById("play").getAttribute("aria-label") !== "Play") fail("time waits for a prediction");
    question.querySelector("[role=radio]").click();
    await press(".lesson .lockrow .btn");
    await until(() => !find(".lesson .lockrow"), "the prediction is locked");
  }
  for (let hint = 1; hint <= 3; hint++) {
    await until(() => find("#lesson-hint")?.textContent === `Hint ${hint}/3`, `hint ${hint} is offered`);
    await press("#lesson-hint");
  }
  await press("#lesson-solution");
  await until(() => !find("#lesson-next").disabled, `step ${step} is reached`, 60);
  if (!find(".lesson .insight")) fail(`step ${step} says what it means`);
  if (find(".lesson .goal:not(.done)")) fail(`step ${step} has a goal that is not done`);
  await press("#lesson-next");
}
await until(() => find(".lesson .aha"), "the lesson says what to take along");
const kept = JSON.parse(localStorage.getItem("highwater.progress")).lessons.L05;
same([kept.finished, kept.reached, kept.predictions], [true, 6, { "L05.P1": true, "L05.P2": true }], "what is kept");
// Another visit beside this one: the same browser, a page of its own.
const visit = document.createElement("iframe");
visit.style.cssText = "width: 1440px; height: 900px; position: fixed; left: 0; top: 0";
visit.src = `${location.pathname}#/lesson/L05`;
document.body.append(visit);
await until(() => find(".lesson .aha", visit.contentDocument), "the next visit finds the lesson where it was", 60);
visit.remove();
