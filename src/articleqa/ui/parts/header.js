// The server is only told to stop: whatever it said later than the next question would spoil that one's answer. The
// next question takes the place of the first turn.
delegate(["clear"], () => {
  root.toggleAttribute("data-cleared", true);
  root.removeAttribute("data-busy");
  root.removeAttribute("data-turns");
  document.dispatchEvent(new Event("aq:cleared"));
  focusComposer();
});

root.dataset.view ??= "library";

// The conversation as it is on the page, as one Markdown file. It is made here: nothing is sent anywhere.
element.addEventListener("click", (click) => {
  if (!click.target.closest("[data-export-all]")) return;
  const day = new Date().toLocaleDateString("sv"); // 2024-11-07
  const turns = [...document.querySelectorAll(".turn[data-export]")].map((turn) => turn.dataset.export);
  const file = new Blob([[`# Article QA, ${day}`, ...turns].join("\n\n"), "\n"], { type: "text/markdown" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `article-qa-${day}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

document.addEventListener("keydown", (key) => {
  const writing = key.target.closest?.("input, textarea, select, [contenteditable]");
  if (key.key === "/" && !writing && !key.ctrlKey && !key.metaKey && !key.altKey) {
    key.preventDefault();
    focusComposer();
  }
});

// Gradio (6.31) keeps a stopwatch for whatever is waited for, though none is shown here: it turns sixty times a second, and
// that of the loading screen for ever, which takes a twentieth of a core. Its callback cannot be had. But each turn is a
// frame in which nothing else runs: it reads the time, at once asks for the next frame, and ends. The browser numbers such
// requests one by one, so that it is known which is to be called off.
function callOffStopwatches() {
  const now = performance.now;
  performance.now = () => {
    const callers = new Error().stack.split("\n").filter((line) => /https?:/.test(line) && !line.includes("performance.now"));
    if (callers.length === 1 && callers[0].includes("/statustracker-")) {
      const before = requestAnimationFrame(() => {});
      queueMicrotask(() => {
        const after = requestAnimationFrame(() => {});
        if (after - before === 2) cancelAnimationFrame(before + 1);
        cancelAnimationFrame(before);
        cancelAnimationFrame(after);
      });
    }
    return now.call(performance);
  };
}
callOffStopwatches();
