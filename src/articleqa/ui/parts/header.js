delegate(["clear"], () => {
  root.removeAttribute("data-busy");
  document.querySelector(".aq-composer textarea")?.focus();
});

root.dataset.view ??= "library";

document.addEventListener("keydown", (key) => {
  const writing = key.target.closest?.("input, textarea, [contenteditable]");
  if (key.key === "/" && !writing && !key.ctrlKey && !key.metaKey && !key.altKey) {
    key.preventDefault();
    document.querySelector(".aq-composer textarea")?.focus();
  }
});
