// Runs before and while the program loads: fills the progress cells, and says in words when it cannot run.
const TEXTS = {
  en: {
    unsupported: "This page needs WebAssembly, and this browser does not have it or has it turned off.",
    failed: "The program did not load.",
    advice: "Nothing was lost. Try a current Firefox, Chrome, Safari or Edge, or reload the page.",
    reload: "Reload",
  },
  ko: {
    unsupported: "이 페이지에는 WebAssembly가 필요한데, 이 브라우저에는 없거나 꺼져 있어요.",
    failed: "프로그램을 불러오지 못했어요.",
    advice: "잃어버린 것은 없어요. 최신 Firefox, Chrome, Safari, Edge에서 열거나 페이지를 새로 고쳐 보세요.",
    reload: "새로 고침",
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

export default function () {
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
