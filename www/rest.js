// The program comes in two files. This joins the second to the first; `cargo xtask dist` writes it into the JavaScript
// of the program, where `wasm` is what the first file exports.
const REST = new URL("__FILE__", import.meta.url);

function joinRest(module) {
  if (wasm["rest:joined"].value) return;
  const functions = {};
  for (let i = 0; i < __IMPORTS__; i++) functions[i] = wasm["rest:table"].get(__IMPORTS_AT__ + i);
  new WebAssembly.Instance(module, { e: wasm, f: functions });
  wasm["rest:joined"].value = 1;
}

// Called by the program in the middle of its work: it stands still until the file is there, and nothing is lost.
function loadRest() {
  performance.mark("rest", { detail: new Error().stack });
  for (;;) {
    try {
      const request = new XMLHttpRequest();
      request.open("GET", REST, false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      if (request.status !== 200) throw new Error(`${REST}: ${request.status}`);
      return joinRest(new WebAssembly.Module(Uint8Array.from(request.response, (c) => c.charCodeAt(0))));
    } catch (error) {
      const words = document.documentElement.lang === "ko"
        ? "프로그램의 일부를 가져오지 못했어요. 잃어버린 것은 없어요. 다시 시도할까요?"
        : "A part of the program could not be fetched. Nothing is lost. Try again?";
      if (!confirm(`${words}\n\n${error.message}`)) throw error;
    }
  }
}

// Fetched ahead of need: when a console gets the focus, and in free play, where anything may be asked, after the first
// look. A failure here is tried again when the need is there.
let ahead;
const fetchAhead = () => {
  if (!ahead && wasm && !wasm["rest:joined"].value)
    ahead = fetch(REST).then((answer) => answer.arrayBuffer()).then(WebAssembly.compile).then(joinRest).catch(() => (ahead = null));
};
addEventListener("focusin", ({ target }) => { if (target.closest(".console-box, .console")) fetchAhead(); });
const freePlay = () => { if (location.hash.startsWith("#/play")) setTimeout(fetchAhead, 2500); };
addEventListener("hashchange", freePlay);
freePlay();
