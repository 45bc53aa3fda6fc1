delegate(["open"]);

let turns = 0;

// A new question goes to the top and stays there: the answer grows below it, and nothing jumps.
function toTop(log, turn) {
  log.scrollTop = turn.offsetTop - log.offsetTop;
}

// A question is shown the moment it is asked. What the server sends takes the place of this.
document.addEventListener("aq:asked", ({ detail: { question, turn } }) => {
  const log = element.querySelector(".aq-conversation");
  const shown = [...log.querySelectorAll(".turn")];
  if (turn !== null) for (const replaced of shown.splice(turn)) replaced.remove();
  const asked = document.createElement("article");
  asked.className = "turn";
  asked.setAttribute("aria-busy", "true");
  asked.innerHTML = '<div class="asked"><h2 class="question" dir="auto"></h2></div><div class="answer"><p class="status">Looking in the articles</p></div>';
  asked.querySelector("h2").textContent = question;
  log.append(asked);
  root.toggleAttribute("data-turns", true);
  turns = shown.length + 1;
  toTop(log, asked);
});

watch("value", () => {
  if (root.hasAttribute("data-cleared")) return; // the end of what was left
  const log = element.querySelector(".aq-conversation");
  const shown = log.querySelectorAll(".turn");
  const last = shown[shown.length - 1];
  root.toggleAttribute("data-busy", last?.getAttribute("aria-busy") === "true");
  root.toggleAttribute("data-turns", shown.length > 0);
  if (shown.length !== turns && last) toTop(log, last);
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
