const names = ["ask", "stop"];
const form = element.querySelector("form");
const box = element.querySelector("textarea");

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
}

function ask(question) {
  if (!question.trim() || root.hasAttribute("data-busy")) return;
  root.toggleAttribute("data-busy", true);
  trigger(names[0], { sent: { question } });
  box.value = "";
  fit();
  if (phone.matches) box.blur(); // the keyboard would hide the answer
}

function stop() {
  // The answer says itself when it has ended; if there was none, nobody would.
  setTimeout(() => root.removeAttribute("data-busy"), 3000);
  trigger(names[1], { sent: {} });
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(box.value); });
form.addEventListener("click", (event) => {
  if (event.target.closest(".stop")) stop();
  else if (!event.target.closest("button")) box.focus();
});
box.addEventListener("input", fit);
box.addEventListener("keydown", (key) => {
  // While an input method composes a word, Enter chooses the word.
  if (key.key === "Enter" && !key.shiftKey && !key.isComposing) {
    key.preventDefault();
    ask(box.value);
  }
});
document.addEventListener("keydown", (key) => {
  if (key.key === "Escape" && root.hasAttribute("data-busy")) stop();
});
document.addEventListener("aq:ask", (event) => ask(event.detail));
if (!phone.matches) box.focus();
