const names = ["open", "remove", "list", "fetch", "upload"];
const section = element.querySelector(".aq-library");
const picker = element.querySelector("input[type=file]");
const sending = () => element.querySelector(".sending");

// Removing takes a second click within four seconds; the button says so in the meantime.
delegate(names, (button, event) => {
  if (event !== "remove" || button.dataset.sure) return true;
  const label = button.getAttribute("aria-label");
  const reset = () => {
    if (!button.dataset.sure) return; // the list was drawn again, and this is another article's button now
    delete button.dataset.sure;
    button.textContent = "Remove";
    button.setAttribute("aria-label", label);
  };
  button.dataset.sure = "1";
  button.textContent = "Really?";
  button.setAttribute("aria-label", `Really remove? ${label}`);
  setTimeout(reset, 4000);
  return false;
});

async function send(files) {
  const largest = Number(section.dataset.largest);
  const sent = [];
  for (const [place, file] of files.entries()) {
    sending().textContent = `Sending ${place + 1} of ${files.length}`;
    if (file.size > largest) {
      sent.push({ name: file.name, reason: `larger than ${Math.floor(largest / 1e6)} MB` });
      continue;
    }
    try {
      sent.push({ name: file.name, path: (await upload(file)).path });
    } catch {
      sent.push({ name: file.name, reason: "it could not be sent" });
    }
  }
  sending().textContent = "";
  if (sent.length) trigger(names[4], { sent: { files: sent } });
}

picker.addEventListener("change", async () => {
  await send([...picker.files]);
  picker.value = "";
});

element.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.querySelector("input");
  if (field.value.trim()) trigger(names[3], { sent: { addresses: field.value } });
  field.value = "";
});

// Files may be dropped anywhere on the library; without this the browser would leave the page and open them.
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => { if (carriesFiles(event)) event.preventDefault(); });
}
element.addEventListener("dragover", () => section.classList.add("over"));
element.addEventListener("dragleave", (event) => {
  if (!section.contains(event.relatedTarget)) section.classList.remove("over");
});
element.addEventListener("drop", (event) => {
  section.classList.remove("over");
  if (carriesFiles(event)) send([...event.dataTransfer.files]);
});

document.addEventListener("aq:library", () => section.querySelector("h2").focus({ preventScroll: true }));
