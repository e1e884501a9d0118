await play();
const now = () => window.highwater.snapshot().time_ms;
const at = now();
if (/Play/.test(document.getElementById("play").getAttribute("aria-label"))) click("#play");
await until(() => now() > at, "it plays");
await still();
const step = window.highwater.snapshot().step;
click("#next");
await until(() => window.highwater.snapshot().step === step + 1, "one event on");
click("#previous");
await until(() => window.highwater.snapshot().step === step, "and back");
run("sim advance 3s");
const end = now();
const digest = run("sim digest");
// The pointer takes the playhead by the timeline.
const line = document.getElementById("timeline");
const { left, top, width, height } = line.getBoundingClientRect();
const point = (kind, share, buttons) => line.dispatchEvent(new PointerEvent(kind, { clientX: left + width * share, clientY: top + height / 2, bubbles: true, buttons, pointerId: 1, isPrimary: true }));
point("pointerdown", 0.9, 1);
for (const share of [0.7, 0.5, 0.2]) { point("pointermove", share, 1); await pause(50); }
point("pointerup", 0.2, 0);
await until(() => now() < end, "the playhead is in the past");
// Acting there leaves the run behind, says so, and can be taken back.
run("sim produce shop --topic orders --keys uma --count 1");
await until(() => visible("#take-back"), "a fork is told of");
await until(() => visible("#return"), "the earlier run can be returned to");
click("#return");
await until(() => now() === end, "it is there to its end");
same(run("sim digest"), digest, "and as it was");
