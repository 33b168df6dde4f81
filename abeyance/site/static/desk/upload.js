// Progress of long uploads, and dropping files; without scripts the form is sent as any other.
"use strict";
(() => {
  const form = document.getElementById("upload"), drop = document.getElementById("drop"), files = document.getElementById("files");
  const bar = document.getElementById("progress"), words = document.getElementById("progress-words");
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); files.files = event.dataTransfer.files; files.dispatchEvent(new Event("change", {bubbles: true})); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const sending = new XMLHttpRequest();
    bar.hidden = false;
    sending.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      const part = Math.round(100 * step.loaded / step.total);
      bar.value = part;
      if (part % 10 === 0) words.textContent = `${part} %`;
    });
    sending.addEventListener("load", () => {
      if (sending.status < 400) { location.assign(sending.getResponseHeader("Location") || sending.responseURL); return; }
      const page = new DOMParser().parseFromString(sending.responseText, "text/html");
      words.textContent = [...page.querySelectorAll(".reasons li, h1")].map((e) => e.textContent).pop() || String(sending.status);
      delete form.dataset.sent;
    });
    sending.addEventListener("error", () => { words.textContent = form.dataset.failed || "The connection broke; nothing is lost, send it again."; delete form.dataset.sent; });
    sending.open("POST", form.action);
    sending.setRequestHeader("X-Abeyance-Upload", "1");
    sending.send(new FormData(form));
  });
})();
