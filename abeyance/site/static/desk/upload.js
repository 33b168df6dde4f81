// Progress of long uploads, and dropping files; without scripts the form is sent as any other.
"use strict";
(() => {
  const form = document.getElementById("upload"), drop = document.getElementById("drop"), files = document.getElementById("files");
  const bar = document.getElementById("progress"), words = document.getElementById("progress-words"), chosen = document.getElementById("chosen");
  const put = (list) => { const held = new DataTransfer(); for (const file of list) held.items.add(file); files.files = held.files; show(); };
  const size = (bytes) => bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
  // What will be sent is listed by name, so that a wrong file is seen before it is sealed.
  function show() {
    chosen.hidden = !files.files.length;
    chosen.replaceChildren(...[...files.files].map((file, place) => {
      const line = document.createElement("li"), off = document.createElement("button");
      line.textContent = `${file.name}, ${size(file.size)} `;
      off.type = "button"; off.className = "plain"; off.textContent = form.dataset.remove; off.setAttribute("aria-label", `${form.dataset.remove}: ${file.name}`);
      off.addEventListener("click", () => { put([...files.files].filter((_, at) => at !== place)); files.focus(); });
      line.append(off);
      return line;
    }));
  }
  files.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  // What is dropped joins what was chosen before.
  drop.addEventListener("drop", (event) => { event.preventDefault(); put([...files.files, ...event.dataTransfer.files]); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const sending = new XMLHttpRequest();
    const end = (text) => { words.textContent = text; bar.hidden = true; delete form.dataset.sending; };
    let told = -1;
    bar.hidden = false;
    sending.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      const part = Math.round(100 * step.loaded / step.total), tenth = Math.floor(part / 10);
      bar.value = part;
      if (tenth !== told) { told = tenth; words.textContent = part < 100 ? `${part} %` : form.dataset.sent; }
    });
    sending.addEventListener("load", () => {
      if (sending.status < 400) { location.assign(sending.getResponseHeader("Location") || sending.responseURL); return; }
      const page = new DOMParser().parseFromString(sending.responseText, "text/html");
      end([...page.querySelectorAll(".reasons li, h1")].map((e) => e.textContent).pop() || String(sending.status));
    });
    sending.addEventListener("error", () => end(form.dataset.failed));
    sending.open("POST", form.action);
    sending.setRequestHeader("X-Abeyance-Upload", "1");
    sending.send(new FormData(form));
  });
})();
