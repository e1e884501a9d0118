// Figures of the finished page, for `cargo xtask bench`. Gives back one line for each.
const lines = [];
const tell = (name, figure) => lines.push(`${name}: ${figure}`);
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
const spread = (all) => {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share) => ms(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return `median ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)} of ${all.length}`;
};
const timed = (what) => { const began = performance.now(); what(); return performance.now() - began; };
const [interactive] = performance.getEntriesByName("interactive");
tell("time to first interactive", ms(interactive.startTime));
await play();
if (visible("#play")) click("#play");
tell("fetching and joining the second file", ms(timed(() => run("sim help"))));

// 10,000 records to three replicas, acks=all.
run("sim new --preset trio");
run("kafka-topics --create --topic orders --partitions 3 --replication-factor 3");
const first = window.highwater.snapshot().step;
const took = timed(() => { run("sim load shop --topic orders --rate 5000 --for 2s"); run("sim advance 3s"); });
const { acked } = window.highwater.snapshot().producers[0];
tell("records a second, trio, acks=all", Math.round(acked / took * 1000));
tell("a step", ms(took / (window.highwater.snapshot().step - first)));

// A run of 100,000 steps, and seeks to any place of it.
run("sim new --preset trio");
run("kafka-topics --create --topic orders --partitions 3 --replication-factor 3");
run("sim load shop --topic orders --rate 500 --for 600s");
for (let rounds = 0; window.highwater.snapshot().step < 100000 && rounds < 200; rounds++) run("sim advance 5s");
const end = window.highwater.snapshot();
const seeks = [];
for (let seek = 0, place = 0.5; seek < 40; seek++, place = (place + 0.618) % 1) {
  const to = place * end.time_ms;
  seeks.push(timed(() => window.highwater.seek(to)));
}
tell(`a seek in a run of ${end.step} steps, with all that the page then draws`, spread(seeks));

// Frames of the painter alone, on a canvas as large as the window, above everything.
const canvas = document.body.appendChild(document.createElement("canvas"));
canvas.style.cssText = "position:fixed;inset:0;width:100vw;height:100vh;z-index:99";
const frame = () => new Promise((go) => requestAnimationFrame(go));
for (const picture of ["capsules", "ribbons"]) {
  const [between, painting] = [[], []];
  let last = await frame();
  for (let number = 0; number < 240; number++) {
    painting.push(timed(() => window.highwater.frame(picture, number, canvas)));
    const now = await frame();
    between.push(now - last);
    last = now;
  }
  tell(`${picture}: from frame to frame`, spread(between));
  tell(`${picture}: painting`, spread(painting));
}
tell("window", `${innerWidth} x ${innerHeight} at ${devicePixelRatio}; ${navigator.hardwareConcurrency} processors`);
return lines.join("\n");
