// A check that finds nothing in a page that is wrong would prove nothing in one that is right.
const wrong = document.createElement("div");
wrong.style.cssText = "position: fixed; left: 20px; top: 120px; width: 60px; z-index: 99; white-space: nowrap; background: #fff";
wrong.innerHTML = "<p style='color: #ddd'>far too long for its box</p><button></button>";
document.body.append(wrong);
spill("what is wrong");
if (!faults.some((fault) => fault.includes("far too long"))) fail(`the text stands out: ${faults}`);
faults.length = 0;
await audit("what is wrong");
for (const rule of ["color-contrast", "button-name"]) if (!faults.some((fault) => fault.includes(rule))) fail(`${rule} is found: ${faults}`);
faults.length = 0;
