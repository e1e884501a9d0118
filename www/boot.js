// Runs before and while the program loads: fills the progress cells, and says in words when it cannot run. It also keeps
// what a report needs, for the program cannot show anything after a panic.
const TEXTS = {
  en: {
    unsupported: "This page needs WebAssembly, and this browser does not have it or has it turned off.",
    failed: "The program did not load.",
    advice: "Nothing was lost. Try a current Firefox, Chrome, Safari or Edge, or reload the page.",
    reload: "Reload",
    crashed: "The program stopped",
    ours: "A bug of Highwater ended it, not Kafka and not you. What you reached in lessons is kept in this browser. You can go on from the moment that was kept last, or take the report along: its command replays the run.",
    kept: "Seed, time, replay command, lines",
    copy: "Copy the report",
    copied: "Copied",
    back: "Reload at the last checkpoint",
    home: "Open the home page",
  },
  ko: {
    unsupported: "이 페이지에는 WebAssembly가 필요한데, 이 브라우저에는 없거나 꺼져 있어요.",
    failed: "프로그램을 불러오지 못했어요.",
    advice: "잃어버린 것은 없어요. 최신 Firefox, Chrome, Safari, Edge에서 열거나 페이지를 새로 고쳐 보세요.",
    reload: "새로 고침",
    crashed: "프로그램이 멈췄어요",
    ours: "Kafka나 사용자가 아니라 Highwater의 버그 때문이에요. 레슨에서 이룬 것은 이 브라우저에 남아 있어요. 마지막으로 저장된 시점에서 다시 시작하거나 보고서를 가져가세요. 보고서의 명령으로 실행을 재현할 수 있어요.",
    kept: "시드, 시각, 재현 명령, 입력한 줄",
    copy: "보고서 복사",
    copied: "복사했어요",
    back: "마지막 체크포인트에서 다시 열기",
    home: "홈 열기",
  },
};

function texts() {
  return TEXTS[document.documentElement.lang] || TEXTS.en;
}

export function refuse(reason, detail) {
  const box = document.getElementById("boot");
  if (!box) return;
  const words = texts();
  box.replaceChildren();
  box.className = "boot refused";
  box.setAttribute("role", "alert");
  const add = (name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    box.append(element);
    return element;
  };
  add("b", words[reason]);
  add("p", words.advice);
  if (detail) add("code", String(detail).slice(0, 300));
  const button = add("button", words.reload);
  button.className = "btn";
  button.addEventListener("click", () => location.reload());
}

// What the program last said of itself: a report, and the address that leads back.
let last = { report: "", hash: "#/" };
let shown = false;

export function keep(report, hash) {
  last = { report, hash };
}

// Offers a text as a file.
export function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function reloadAt(hash) {
  history.replaceState(null, "", hash);
  location.reload();
}

export function crashed(what) {
  if (shown) return;
  shown = true;
  const words = texts();
  const card = document.createElement("div");
  card.className = "crash";
  card.id = "crash";
  card.setAttribute("role", "alertdialog");
  card.setAttribute("aria-modal", "true");
  card.setAttribute("aria-labelledby", "crash-title");
  const box = document.createElement("div");
  card.append(box);
  const add = (name, text, parent = box) => {
    const element = document.createElement(name);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  add("h1", words.crashed).id = "crash-title";
  add("p", words.ours);
  add("code", String(what).slice(0, 400));
  add("h2", words.kept);
  const report = add("textarea", "");
  report.id = "crash-report";
  report.value = `${last.report}# ${what}\n`;
  report.readOnly = true;
  report.rows = 7;
  report.setAttribute("aria-label", words.kept);
  const row = add("div", "");
  row.className = "crash-acts";
  const button = (id, text, act) => {
    const element = add("button", text, row);
    element.id = id;
    element.className = "btn";
    element.addEventListener("click", act);
    return element;
  };
  const back = button("crash-back", words.back, () => reloadAt(last.hash));
  back.classList.add("primary");
  const copy = button("crash-copy", words.copy, async () => {
    report.select();
    try {
      await navigator.clipboard.writeText(report.value);
      copy.textContent = words.copied;
    } catch (refused) {}
  });
  button("crash-home", words.home, () => reloadAt("#/"));
  // What is behind the card cannot be used any more.
  for (const other of document.body.children) other.inert = true;
  document.body.append(card);
  back.focus();
}

export default function () {
  window.highwaterBoot = { keep, crashed, save };
  return {
    onStart() {},
    onProgress({ current, total }) {
      const cells = document.querySelectorAll("#boot i");
      // Some servers do not say how much is to come; then one cell after another fills per 256 KiB.
      const share = total ? current / total : Math.min(0.9, current / (256 * 1024 * cells.length));
      cells.forEach((cell, index) => cell.classList.toggle("done", index < Math.floor(share * cells.length)));
    },
    onComplete() {},
    onSuccess() {
      performance.mark("interactive");
    },
    onFailure(error) {
      refuse(typeof WebAssembly === "object" ? "failed" : "unsupported", error && error.message);
      console.error(error);
    },
  };
}
