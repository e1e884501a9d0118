await play();
await still();
run("sim new --preset trio --seed 7");
run("kafka-topics --create --topic trips --partitions 2 --replication-factor 3");
run("sim produce shop --topic trips --keys a,b,c --count 9 --wait acked");
run("sim kill $(leader trips-0)");
run("sim advance 12s");
click("#share");
await until(() => visible("#share-link"), "the link is shown");
const link = visible("#share-link").value;
if (!link.startsWith(location.href.split("#")[0] + "#/run/")) fail(`it leads to this page: ${link}`);
sessionStorage.setItem("link", link);
sessionStorage.setItem("digest", run("sim digest"));
sessionStorage.setItem("time", window.highwater.snapshot().time_ms);
location.hash = "#/";
//! reload
await until(() => visible("#home"), "a page that knows nothing of it");
location.href = sessionStorage.getItem("link");
await until(() => visible("#stage") && window.highwater.snapshot().topics.some((topic) => topic.name === "trips"), "the run is rebuilt", 60);
same(run("sim digest"), sessionStorage.getItem("digest"), "to the same bytes");
same(String(window.highwater.snapshot().time_ms), sessionStorage.getItem("time"), "at the same moment");
//! reload
await until(() => visible("#stage") && window.highwater.snapshot().topics.some((topic) => topic.name === "trips"), "the address still holds it", 60);
// Links that lead nowhere: each says why, on the home page, and changes nothing.
const good = sessionStorage.getItem("link").split("#/run/")[1];
const before = run("sim digest");
const spoiled = good.slice(0, 30) + (good[30] === "A" ? "B" : "A") + good.slice(31);
for (const [text, title] of [[spoiled, /damaged/], [good.slice(0, good.length / 2), /damaged/], ["99." + good, /newer|damaged/], ["", /damaged/], ["%00<script>", /damaged/]]) {
  location.hash = `#/run/${text}`;
  await until(() => visible("#notice"), `${text.slice(0, 12)}... is refused`);
  if (!title.test(visible("#notice").innerText)) fail(`${text.slice(0, 12)}...: ${visible("#notice").innerText}`);
  if (!visible("#notice").innerText.includes("Nothing was loaded")) fail(visible("#notice").innerText);
  click("#dismiss");
  await until(() => !document.getElementById("notice"), "the notice goes");
}
for (const hash of ["#/nowhere", "#/lesson/L99", "#/lesson/"]) {
  location.hash = hash;
  await until(() => visible("#notice"), `${hash} is refused`);
  click("#dismiss");
  await until(() => !document.getElementById("notice"), "the notice goes");
}
same(run("sim digest"), before, "the run is as it was");
