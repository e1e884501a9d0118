// What every journey may use. A journey is the body of an async function and throws when something is wrong.
const fail = (text) => { throw new Error(text); };
const same = (found, wanted, what) => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) fail(`${what}: ${a} instead of ${b}`);
};
const until = async (holds, what, seconds = 20) => {
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (performance.now() > end) fail(`${what}: not within ${seconds} s`);
    await new Promise((go) => setTimeout(go, 30));
  }
};
const run = (line) => {
  const answer = window.highwater.run(line);
  if (answer.status !== 0) fail(`${line}: ${answer.stderr}`);
  return answer.stdout;
};
const visible = (selector) => { const one = document.querySelector(selector); return one && one.checkVisibility({ visibilityProperty: true }) ? one : null; };
const click = (selector) => (visible(selector) || fail(`${selector} is not there to click`)).click();
// From the home page, where a visit begins, to the cluster.
const play = async () => {
  location.hash = "#/play";
  await until(() => visible("#stage"), "free play opens");
};
await until(() => window.highwater, "the page comes alive");
