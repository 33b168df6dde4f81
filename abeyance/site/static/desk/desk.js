// What a page can do without is not here: every form works without scripts.
"use strict";

// Nothing typed is lost when a session ends or an answer is a refusal: kept in this tab until the act is done, wherever
// that leads, and for nobody but whoever typed it; gone with signing out.
(() => {
  const mine = `draft:${document.body.dataset.member || ""}:`, sent = "sent-draft";
  const keyOf = (form) => `${mine}${location.pathname}:${form.getAttribute("action") || ""}:${form.dataset.draft}`;
  const forget = (which) => Object.keys(sessionStorage).filter((key) => key.startsWith("draft:") && which(key)).forEach((key) => sessionStorage.removeItem(key));
  const fields = (form) => [...form.elements].filter((e) => e.name && !["hidden", "password", "file", "submit", "button"].includes(e.type));
  const done = document.querySelector("[data-done]");
  if (document.body.dataset.member) forget((key) => !key.startsWith(mine) || (done && key === sessionStorage.getItem(sent)));
  sessionStorage.removeItem(sent); // also where one signs in anew: then the act was not done
  document.querySelectorAll("form[data-leaves]").forEach((form) => form.addEventListener("submit", () => forget(() => true)));
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    const key = keyOf(form);
    form.addEventListener("submit", () => sessionStorage.setItem(sent, key));
    if (done) sessionStorage.removeItem(key);
    const kept = JSON.parse(sessionStorage.getItem(key) || "null");
    if (kept) for (const field of fields(form)) {
      if (!(field.name in kept)) continue;
      if (["checkbox", "radio"].includes(field.type)) field.checked = kept[field.name].includes(field.value);
      else if (!field.value || field.tagName === "SELECT") field.value = kept[field.name][0];
    }
    form.addEventListener("input", () => {
      const said = {};
      for (const field of fields(form)) {
        if (["checkbox", "radio"].includes(field.type)) { said[field.name] ??= []; if (field.checked) said[field.name].push(field.value); }
        else said[field.name] = [field.value];
      }
      sessionStorage.setItem(key, JSON.stringify(said));
    });
  });
})();

// A double click is one click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method !== "post" || event.defaultPrevented) return;
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// What a person can switch off, in this browser: a key that acts by itself, and lists that change by themselves.
const isOn = (name) => localStorage.getItem(`switch:${name}`) !== "off";
document.querySelectorAll("[data-scripted]").forEach((each) => { each.hidden = false; });
document.querySelectorAll("input[data-switch]").forEach((field) => {
  field.checked = isOn(field.dataset.switch);
  field.addEventListener("change", () => localStorage.setItem(`switch:${field.dataset.switch}`, field.checked ? "on" : "off"));
});

// "/" goes to the search.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || !isOn("slash") || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (search) { event.preventDefault(); search.focus(); }
});

// A list is not taken away from under somebody who is in it; and only what is new in it is said aloud.
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.target;
  if (list.id === "lists" && (!isOn("renew") || list.contains(document.activeElement))) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", () => {
  const news = document.querySelector("#lists [data-said]"), said = document.getElementById("said");
  if (news && said && said.textContent !== news.dataset.said) said.textContent = news.dataset.said;
});

// Copying a code or a token.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim()).then(() => { button.textContent = button.dataset.copied; });
});

// The zone of this browser is offered, never taken without asking.
document.querySelectorAll("form[data-zone-of-browser]").forEach((form) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, button = form.querySelector("button");
  if (!zone || zone === "UTC") return;
  button.value = button.querySelector("span").textContent = zone;
  form.hidden = false;
});
