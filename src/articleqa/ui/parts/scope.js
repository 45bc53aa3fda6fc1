delegate([]);

const opener = element.querySelector(".opener");
const popup = element.querySelector(".popup");
const chips = element.querySelector(".chips");
const said = element.querySelector(".said");
const field = (name) => popup.querySelector(`[name=${name}]`);

function close() {
  if (popup.hidden) return;
  popup.hidden = true;
  opener.setAttribute("aria-expanded", "false");
}

function open() {
  popup.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  popup.querySelector("input, button").focus();
}

// A date as a person writes it, whatever the browser's language: 7 November 2024.
const day = (iso) => new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function chip(name, text, without) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `${name}: ${text}. Remove this filter`);
  const label = button.appendChild(document.createElement("span"));
  label.dir = "auto";
  label.textContent = text;
  button.insertAdjacentHTML("beforeend", '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17"/></svg>');
  button.addEventListener("click", () => {
    setScope({ ...root.scope, ...without });
    opener.focus();
  });
  item.append(button);
  chips.append(item);
}

function draw() {
  const { sources, after, before, undated, articles } = root.scope;
  chips.replaceChildren();
  for (const source of sources) chip("Source", source, { sources: sources.filter((other) => other !== source) });
  if (after) chip("Published", `from ${day(after)}`, { after: "" });
  if (before) chip("Published", `until ${day(before)}`, { before: "" });
  if ((after || before) && !undated) chip("Published", "dated only", { undated: true });
  if (articles.length) {
    const text = articles.length === 1 ? articles[0].title : `${articles.length} chosen articles`;
    chip("Articles", text, { articles: [] });
  }
  said.textContent = chips.children.length ? "Only" : popup.querySelector(".panel")?.dataset.total ? `All ${popup.querySelector(".panel").dataset.total}` : "All articles";
  for (const box of popup.querySelectorAll("[name=source]")) box.checked = sources.includes(box.value);
  if (field("after")) {
    field("after").value = after;
    field("before").value = before;
    field("undated").checked = undated;
  }
}

opener.addEventListener("click", () => (popup.hidden ? open() : close()));
popup.addEventListener("change", () => {
  setScope({
    ...root.scope,
    sources: [...popup.querySelectorAll("[name=source]:checked")].map((box) => box.value),
    after: field("after").value,
    before: field("before").value,
    undated: field("undated").checked,
  });
});
popup.addEventListener("input", (event) => {
  if (!event.target.matches(".narrow")) return;
  const wanted = event.target.value.toLocaleLowerCase();
  for (const item of popup.querySelectorAll(".sources li")) {
    item.hidden = !item.querySelector(".name").textContent.toLocaleLowerCase().includes(wanted);
  }
});
popup.addEventListener("click", (event) => {
  if (event.target.closest("[data-show]")) close();
  if (event.target.closest(".all")) setScope();
  if (event.target.closest(".shut")) {
    close();
    focusComposer();
  }
});
for (const left of ["pointerdown", "focusin"]) document.addEventListener(left, (event) => { if (!element.contains(event.target)) close(); });
element.addEventListener("keydown", (key) => {
  if (key.key === "Escape" && !popup.hidden) {
    key.stopPropagation();
    close();
    opener.focus();
  }
});
document.addEventListener("aq:scope", draw);
watch("value", draw);
draw();
