// A suggestion shows where in the papers it was found.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-find]");
  if (!button) return;
  document.querySelectorAll("pre.paper mark").forEach((mark) => mark.replaceWith(mark.textContent));
  for (const paper of document.querySelectorAll("pre.paper")) {
    paper.normalize();
    const text = paper.firstChild, at = text ? text.data.toLowerCase().indexOf(button.dataset.find.toLowerCase()) : -1;
    if (at < 0) continue;
    const range = document.createRange(), mark = document.createElement("mark");
    range.setStart(text, at); range.setEnd(text, at + button.dataset.find.length); range.surroundContents(mark);
    paper.closest("details").open = true;
    mark.scrollIntoView({block: "center"});
    return;
  }
});
