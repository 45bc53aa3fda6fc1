delegate(["clear"], () => {
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
