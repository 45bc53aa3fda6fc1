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

// The stopwatch of Gradio's loading screen (6.31) goes on for ever once the page is there, sixty times a second: a
// twentieth of a core for each open page. Its callback cannot be had, but the browser numbers requests for a frame one
// by one: where exactly one other than ours is made in each of several frames, that one is called off.
function callOffStopwatch(looks = 600, alike = 0, before = 0) {
  if (looks === 0) return;
  const mine = requestAnimationFrame(() => {
    if (alike < 5) {
      callOffStopwatch(looks - 1, before && mine - before === 2 ? alike + 1 : 0, mine);
      return;
    }
    const next = requestAnimationFrame(() => {});
    cancelAnimationFrame(mine + 1); // its turn in this frame comes after ours,
    cancelAnimationFrame(next - 1); // or it has been, and has asked for the next one
    cancelAnimationFrame(next);
  });
}
callOffStopwatch();
