const pane = element.querySelector(".aq-reader");
let opener = null;
let article = null;

// Going from citation to citation inside the pane keeps the marker in the chat as the place to return to.
document.addEventListener("aq:opening", (event) => {
  if (!element.contains(event.detail)) opener = event.detail;
  pane.setAttribute("aria-busy", "true");
});

delegate(["open"]);

element.addEventListener("click", (click) => {
  const only = click.target.closest("[data-only]");
  if (!only) return;
  setScope({ articles: [{ id: only.dataset.only, title: only.dataset.title }] });
  if (phone.matches) show("none");
  focusComposer();
});

watch("value", () => {
  const reading = pane.querySelector(".reading");
  pane.removeAttribute("aria-busy");
  if (!reading) return;
  show("reader");
  const mark = pane.querySelector("#cited");
  const same = article !== null && article === reading.dataset.shown;
  article = reading.dataset.shown ?? null;
  if (mark) {
    const bar = pane.querySelector(".bar").offsetHeight;
    const place = mark.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
    const top = Math.max(0, place - bar - pane.clientHeight * 0.28);
    const near = Math.abs(top - pane.scrollTop) < pane.clientHeight * 3;
    pane.scrollTo({ top, behavior: same && near && !still.matches ? "smooth" : "auto" });
  } else if (!same) {
    pane.scrollTop = 0;
  }
  (mark ?? pane.querySelector("[tabindex='-1']"))?.focus({ preventScroll: true });
  if (phone.matches) opener?.closest("blockquote, .card, .prose")?.scrollIntoView({ block: "start" });
  for (const marker of document.querySelectorAll(".marker[aria-current]")) marker.removeAttribute("aria-current");
  const { turn, number } = reading.dataset;
  if (number) {
    const marker = `.marker[data-turn="${turn}"][data-number="${number}"]`;
    for (const open of document.querySelectorAll(marker)) open.setAttribute("aria-current", "true");
  }
});

// Once the title has been scrolled away, the bar shows it.
pane.addEventListener("scroll", () => {
  const title = pane.querySelector("h2");
  pane.classList.toggle("scrolled", Boolean(title) && title.getBoundingClientRect().bottom < pane.getBoundingClientRect().top + 50);
}, { passive: true });

function back() {
  opener?.isConnected && opener.focus();
}

document.addEventListener("aq:closed", back);
pane.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey) return;
  // While one reads: n and p go to the next and the previous citation.
  const step = { n: ".step.next", p: ".step.previous" }[key.key];
  if (step) pane.querySelector(`${step}:not(:disabled)`)?.click();
  if (key.key !== "Escape" || root.hasAttribute("data-busy")) return;
  if (phone.matches) show("none");
  else back();
});
