await until(() => document.querySelectorAll("#home .pano .tile").length > 10, "records stand in the panorama");
const fetched = () => performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("_rest.wasm")).length;
same(fetched(), 0, "a stranger's visit needs the first file alone");
// The network fails once: the page says so, and what was asked for is done as soon as the file is there.
const [Request, ask, told] = [window.XMLHttpRequest, window.confirm, []];
window.XMLHttpRequest = class { open() { throw new Error("no network"); } };
window.confirm = (words) => { told.push(words); window.XMLHttpRequest = Request; return true; };
await play();
run("sim new --preset trio");
run("kafka-topics --create --topic orders --partitions 1 --replication-factor 1");
run("sim produce shop --topic orders --keys user123 --wait acked");
const dump = run("kafka-dump-log --files /brokers/$(leader orders-0)/orders-0/00000000000000000000.log --print-data-log");
window.confirm = ask;
if (!dump.includes("key: user123")) fail(dump);
same(told.length, 1, "the failure is told once");
if (!/Try again|다시 시도/.test(told[0]) || !told[0].includes("no network")) fail(told[0]);
same(fetched(), 1, "the file is fetched once");
