const names = ["ask", "stop"];
const form = element.querySelector("form");
const box = element.querySelector("textarea");
const editing = element.querySelector(".editing");
let turn = null; // the turn whose place the question takes

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
}

function edit(question, place) {
  turn = place;
  editing.hidden = place === null;
  box.value = question;
  fit();
}

function ask(question, place) {
  if (!question.trim() || root.hasAttribute("data-busy")) return;
  root.toggleAttribute("data-busy", true);
  const { articles, ...rest } = root.scope;
  const sent = { question, scope: { ...rest, articles: articles.map((article) => article.id) } };
  sent.ask = root.asks = (root.asks ?? 0) + 1;
  if (root.hasAttribute("data-cleared")) sent.turn = 0;
  else if (place !== null) sent.turn = place;
  root.removeAttribute("data-cleared");
  trigger(names[0], { sent });
  tell("aq:asked", { question: question.trim(), turn: sent.turn ?? null });
  edit("", null);
  if (phone.matches) {
    box.blur(); // the keyboard would hide the answer
    if (root.hasAttribute("data-sheet")) show("none");
  }
}

function stop() {
  // The answer says itself when it has ended; if there was none, nobody would.
  setTimeout(() => root.removeAttribute("data-busy"), 3000);
  trigger(names[1], { sent: { ask: root.asks } });
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(box.value, turn); });
form.addEventListener("click", (event) => {
  if (event.target.closest(".stop")) stop();
  else if (event.target.closest(".leave")) {
    edit("", null);
    box.focus();
  } else if (!event.target.closest("button")) box.focus();
});
box.addEventListener("input", fit);
box.addEventListener("keydown", (key) => {
  // While an input method composes a word, Enter chooses the word.
  if (key.key === "Enter" && !key.shiftKey && !key.isComposing) {
    key.preventDefault();
    ask(box.value, turn);
  }
});
document.addEventListener("keydown", (key) => {
  if (key.key !== "Escape") return;
  if (root.hasAttribute("data-busy")) stop();
  else if (turn !== null && key.target === box) edit("", null);
});
document.addEventListener("aq:ask", (event) => ask(event.detail.question, event.detail.turn ?? null));
document.addEventListener("aq:edit", (event) => {
  edit(event.detail.question, event.detail.turn);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
});
document.addEventListener("aq:cleared", () => edit("", null));
if (!phone.matches) box.focus();
