location.hash = "#/lesson/L05";
await until(() => visible(".lesson [role=radiogroup]"), "the first step is open");
await still();
await audit("a step with a prediction");
spill("a step with a prediction");
document.querySelector(".lesson [role=radio]").click();
await until(() => !document.querySelector(".lesson .lockrow .btn").disabled, "an option is chosen");
document.querySelector(".lesson .lockrow .btn").click();
for (let hint = 0; hint < 3; hint++) {
  await until(() => visible("#lesson-hint"), "a hint is offered");
  const before = document.querySelectorAll("#hints li").length;
  click("#lesson-hint");
  await until(() => document.querySelectorAll("#hints li").length > before, "the hint is there");
}
await audit("a step with hints");
spill("a step with hints");
click("#lesson-solution");
await until(() => visible(".lesson .insight"), "the step is reached", 60);
await audit("a step that is reached");
spill("a step that is reached");
run("sim lesson L05 --solve");
while (!document.querySelector(".lesson .aha")) { click("#lesson-next"); await pause(60); }
await until(() => visible(".lesson .aha"), "the lesson is done", 60);
await audit("what to take along");
spill("what to take along");
