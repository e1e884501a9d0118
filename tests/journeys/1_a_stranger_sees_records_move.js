await until(() => document.querySelectorAll("#stage svg .tile").length > 3, "records stand on the stage");
const before = window.highwater.snapshot().step;
await until(() => window.highwater.snapshot().step > before + 5, "the cluster goes on by itself");
const other = performance.getEntriesByType("resource").filter((entry) => !entry.name.startsWith(location.origin));
same(other.map((entry) => entry.name), [], "nothing comes from elsewhere");
