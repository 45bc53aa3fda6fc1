delegate(["open"]);

let turns = 0;

watch("value", () => {
  const log = element.querySelector(".aq-conversation");
  const shown = log.querySelectorAll(".turn");
  const last = shown[shown.length - 1];
  root.toggleAttribute("data-busy", last?.getAttribute("aria-busy") === "true");
  root.toggleAttribute("data-turns", shown.length > 0);
  // A new question goes to the top and stays there: the answer grows below it, and nothing jumps.
  if (shown.length !== turns && last) {
    log.scrollTo({ top: last.offsetTop - log.offsetTop, behavior: still.matches || turns === 0 ? "auto" : "smooth" });
  }
  if (!last) log.scrollTop = 0;
  turns = shown.length;
});

element.addEventListener("click", (click) => {
  const button = click.target.closest("[data-edit], [data-again]");
  if (!button) return;
  const { edit, again, scope } = button.dataset;
  const { question } = button.closest(".turn").dataset;
  if (edit !== undefined) tell("aq:edit", { question, turn: Number(edit) });
  else {
    if (scope === "all") setScope();
    tell("aq:ask", { question, turn: Number(again) });
  }
});

// The tip of a marker: what is quoted, and where, while it is pointed at or has the focus.
const tip = document.createElement("div");
tip.className = "aq-tip";
tip.id = "aq-tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
const [quote, title, about] = ["q", "b", "span"].map((name) => tip.appendChild(document.createElement(name)));
document.body.append(tip);

function point(marker) {
  if (phone.matches) return;
  quote.textContent = marker.dataset.quote;
  title.textContent = marker.dataset.title;
  about.textContent = marker.dataset.about;
  for (const part of [quote, title]) part.dir = "auto";
  tip.hidden = false;
  const box = marker.getBoundingClientRect();
  const above = box.top - tip.offsetHeight - 8;
  const left = Math.max(8, Math.min(box.left - 24, innerWidth - tip.offsetWidth - 8));
  tip.style.translate = `${left}px ${above > 8 ? above : box.bottom + 8}px`;
  marker.setAttribute("aria-describedby", tip.id);
}

function unpoint() {
  tip.hidden = true;
  element.querySelector("[aria-describedby=aq-tip]")?.removeAttribute("aria-describedby");
}

for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
  element.addEventListener(enter, (event) => {
    const marker = event.target.closest(".marker");
    if (marker) point(marker);
  });
  element.addEventListener(leave, unpoint);
}
element.addEventListener("scroll", unpoint, true);
document.addEventListener("keydown", (key) => { if (key.key === "Escape") unpoint(); });
