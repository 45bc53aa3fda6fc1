const [LIST, RENEW, FETCH, UPLOAD, REMOVE] = ["list", "renew", "fetch", "upload", "remove"];
const section = element.querySelector(".aq-library");
const within = (selector) => element.querySelector(selector);
const search = within(".find input");
const addresses = within(".addresses textarea");
const SENT_AT_ONCE = 4;
const SECONDS_BETWEEN_LOOKS = 5;

// How the articles are listed. The page says it with each request; the server keeps nothing of it.
const view = { matching: "", order: "changed", descending: true, limit: 0 };
let known = null; // the state of the library that is on the page
let dismissed = false; // whether the report that is there was sent away
let acted = false; // whether somebody has just used a button here, which may vanish with the focus
let note = ""; // about the files that are being sent

const list = () => trigger(LIST, { sent: { view } });
const renew = () => trigger(RENEW, { sent: { view } });

delegate(["open", REMOVE, "undo", "rebuild"], (button, event) => {
  acted = true;
  if (event === REMOVE) unchoose([button.dataset.article]);
  return true;
});

element.addEventListener("click", (click) => {
  const button = click.target.closest(".sort, .more, .dismiss");
  if (!button) return;
  if (button.matches(".dismiss")) {
    dismissed = true;
    button.closest(".report").hidden = true;
    section.querySelector("h2").focus({ preventScroll: true });
    return;
  }
  const { order, descending, limit } = button.dataset;
  if (order) Object.assign(view, { order, descending: descending === "true" });
  else view.limit = Number(limit);
  list();
});

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    Object.assign(view, { matching: search.value, limit: 0 });
    list();
  }, 150);
});
search.addEventListener("keydown", (key) => { if (key.key === "Enter") key.preventDefault(); });

// More rows come by themselves as the end of the list comes near.
const nearTheEnd = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.click();
}, { root: section, rootMargin: "0px 0px 600px 0px" });

watch("value", () => {
  nearTheEnd.disconnect();
  const more = within(".more");
  if (more) nearTheEnd.observe(more);
});

// Each drawing puts the whole part back as its template has it: what was set here is set again.
watch(["value", "report"], () => {
  drawChosen();
  fit();
  within(".sending").textContent = note;
  if (within(".report")) within(".report").hidden = dismissed;
  if (acted && document.activeElement === document.body) {
    section.querySelector("h2").focus({ preventScroll: true });
    acted = false;
  }
});

// A report that has ended means that the library may be another.
watch("report", () => {
  const report = within(".report");
  if (!report) return;
  report.hidden = dismissed = false;
  const running = report.dataset.running === "true";
  within(".rebuild").disabled = running;
  if (!running) renew();
});

// What other visitors and other programs do to the library is seen here, too.
async function look() {
  // While an answer comes in, the server has better things to do.
  if (document.visibilityState !== "visible" || root.hasAttribute("data-busy")) return;
  try {
    const { state } = await (await fetch("health")).json();
    if (known !== null && state !== known) renew();
    known = state;
  } catch {
    // The server is away for a moment, or for good: the next question will say so.
  }
}
setInterval(look, SECONDS_BETWEEN_LOOKS * 1000);
document.addEventListener("visibilitychange", look);
look();

// Chosen articles: only these are asked.
function unchoose(ids) {
  const articles = root.scope.articles.filter((article) => !ids.includes(article.id));
  if (articles.length !== root.scope.articles.length) setScope({ ...root.scope, articles });
}

function drawChosen() {
  const { articles } = root.scope;
  const ids = new Set(articles.map((article) => article.id));
  for (const box of element.querySelectorAll("[data-choose]")) box.checked = ids.has(box.dataset.choose);
  within(".chosen").hidden = articles.length === 0;
  within(".chosen .count").textContent = articles.length === 1 ? "Only 1 article is asked" : `Only ${articles.length} articles are asked`;
}

element.addEventListener("change", (event) => {
  const box = event.target.closest("[data-choose]");
  if (!box) return;
  const article = { id: box.dataset.choose, title: box.dataset.title };
  if (box.checked) setScope({ ...root.scope, articles: [...root.scope.articles, article] });
  else unchoose([article.id]);
});
document.addEventListener("aq:scope", drawChosen);
within(".chosen").addEventListener("click", (event) => {
  const ids = root.scope.articles.map((article) => article.id);
  if (event.target.closest(".none")) unchoose(ids);
  else if (event.target.closest(".ask")) {
    show("none");
    focusComposer();
  } else if (event.target.closest(".take")) {
    unchoose(ids);
    trigger(REMOVE, { sent: { articles: ids } });
  }
});

// Files and folders
const kinds = within(".drop input").accept.split(",");
const readable = (name) => kinds.some((kind) => name.toLowerCase().endsWith(kind));

async function send(found) {
  const files = found.filter(({ file }) => readable(file.name));
  // A folder holds all sorts of things; a file that was named alone is sent, so that it is said why it cannot be read.
  if (!files.length && found.length && !found.some(({ name }) => name.includes("/"))) files.push(...found);
  const left = found.length - files.length;
  const largest = Number(section.dataset.largest);
  const sent = new Array(files.length);
  const sending = within(".sending");
  const began = performance.now();
  let next = 0;
  let done = 0;
  async function sender() {
    while (next < files.length) {
      const place = next++;
      const { file, name } = files[place];
      if (file.size > largest) {
        sent[place] = { name, reason: `larger than ${Math.floor(largest / 1e6)} MB` };
      } else {
        try {
          sent[place] = { name, path: (await upload(file)).path };
        } catch {
          sent[place] = { name, reason: "it could not be sent" };
        }
      }
      done++;
      const seconds = ((performance.now() - began) / done) * (files.length - done) / 1000;
      note = sending.textContent = `Sending ${done} of ${files.length}${seconds >= 2 ? `, about ${Math.round(seconds)} seconds left` : ""}`;
    }
  }
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sender));
  note = sending.textContent = left ? `${left} ${left === 1 ? "file" : "files"} of other kinds left out` : "";
  if (sent.length) trigger(UPLOAD, { sent: { files: sent } });
}

for (const picker of element.querySelectorAll(".files")) {
  picker.addEventListener("change", async () => {
    await send([...picker.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
    picker.value = "";
  });
}

// Everything in a dropped folder, with its path. The browser hands out a folder's entries in portions.
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    return file ? [{ file, name: entry.fullPath.slice(1) }] : [];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!portion.length) return found;
    for (const inner of portion) if (!inner.name.startsWith(".")) found.push(...(await filesOf(inner)));
  }
}

async function dropped(transfer) {
  // Asked for before anything is awaited: afterwards the browser has forgotten what was dropped.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files].map((file) => ({ file, name: file.name }));
  await send(entries.length ? (await Promise.all(entries.map(filesOf))).flat() : files);
}

// They may be dropped anywhere on the page; without this the browser would leave it and open them.
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  show("library");
  section.classList.add("over");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) section.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  section.classList.remove("over");
  if (!carriesFiles(event)) return;
  event.preventDefault();
  dropped(event.dataTransfer);
});

// Web addresses
const fit = () => {
  addresses.style.height = "auto";
  addresses.style.height = `${Math.min(addresses.scrollHeight, 160)}px`;
};
const form = within(".addresses");
addresses.addEventListener("input", fit);
addresses.addEventListener("keydown", (key) => {
  if (key.key === "Enter" && !key.shiftKey) {
    key.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (addresses.value.trim()) trigger(FETCH, { sent: { addresses: addresses.value } });
  addresses.value = "";
  fit();
});

document.addEventListener("aq:library", () => section.querySelector("h2").focus({ preventScroll: true }));
