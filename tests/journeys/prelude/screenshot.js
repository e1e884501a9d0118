// What README's picture shows: a topic with three replicas, a producer and a consumer of it, messages on their way.
await play();
run("sim new --preset trio");
run("kafka-topics --create --topic orders --partitions 3 --replication-factor 3");
run("kafka-console-consumer --topic orders --from-beginning &");
run("sim load shop --topic orders --rate 12 --for 60s --profile mixed");
run("sim advance 2500ms");
// On to where a batch is on its way.
const flying = () => window.highwater.snapshot().producers.some(({ in_flight }) => in_flight > 0);
for (let steps = 0; steps < 500 && !flying(); steps++) run("sim step");
if (!flying()) fail("no batch ever flies");
await until(() => document.querySelectorAll("#stage svg .tile").length > 8, "records stand on the stage");
await new Promise((go) => setTimeout(go, 400));
