// Put before the script of every part. `element`, `trigger`, `props`, `watch` and `upload` come from gr.HTML.
const root = document.documentElement;
const phone = matchMedia("(max-width: 899px)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

// Which articles are asked. It belongs to this page alone and goes with each question.
const everything = { sources: [], after: "", before: "", undated: true, articles: [] };
root.scope ??= everything;

function setScope(scope) {
  root.scope = { ...everything, ...scope };
  document.dispatchEvent(new Event("aq:scope"));
}

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

function focusComposer() {
  document.querySelector(".aq-composer textarea")?.focus();
}

// What the right side shows: "library" or "reader"; on a phone it lies over the chat, and "none" takes it away.
function show(view) {
  if (view === "none") {
    root.removeAttribute("data-sheet");
    document.dispatchEvent(new Event("aq:closed"));
    return;
  }
  root.dataset.view = view;
  root.dataset.sheet = "open";
}

// One listener for everything inside a part: data-event names an event, the other data attributes go with it.
function delegate(names, before) {
  element.addEventListener("click", (click) => {
    const target = click.target.closest("[data-event], [data-show], [data-ask], [data-copy]");
    if (!target || !element.contains(target)) return;
    const { event, show: view, ask, copy, ...rest } = target.dataset;
    if (view) {
      show(view);
      if (view === "library") document.dispatchEvent(new Event("aq:library"));
    } else if (ask) {
      tell("aq:ask", { question: ask });
    } else if (copy) {
      copyText(target, copy);
    } else if (names.includes(event) && (!before || before(target, event) !== false)) {
      const sent = { ask: root.asks };
      for (const [name, value] of Object.entries(rest)) {
        sent[name] = name !== "article" && /^\d{1,9}$/.test(value) ? Number(value) : value;
      }
      if (event === "open") tell("aq:opening", target);
      trigger(event, { sent });
    }
  });
}

async function copyText(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "The browser does not allow it";
  }
  setTimeout(() => { button.textContent = label; }, 1600);
}
