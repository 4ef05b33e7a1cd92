// Buttons that copy code, and tables that fit a narrow window.
"use strict";

// Of a console, the commands alone are copied.
function codeOf(block) {
  const text = block.querySelector("pre").textContent;
  const commands = text.split("\n").filter((line) => line.startsWith("$ "));
  return commands.length ? commands.map((line) => line.slice(2) + "\n").join("") : text;
}

async function copy(block, button) {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(codeOf(block));
  } catch {
    said = "Not copied";
  }
  button.textContent = said;
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

for (const block of document.querySelectorAll("div.highlight")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy this code");
  button.addEventListener("click", () => copy(block, button));
  block.append(button);
}

// A table that is wider than its place is shown as a list of its rows. Each cell then has the head
// of its column before it.
const wrappers = document.querySelectorAll(".table-wrapper");
for (const wrapper of wrappers) {
  const heads = [...wrapper.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  for (const row of wrapper.querySelectorAll("tbody tr")) {
    [...row.children].forEach((cell, column) => {
      if (heads[column]) cell.dataset.head = heads[column];
    });
  }
}

function fit() {
  for (const wrapper of wrappers) {
    wrapper.classList.remove("as-list");
    wrapper.classList.toggle("as-list", wrapper.scrollWidth > wrapper.clientWidth + 1);
  }
}

fit();
addEventListener("load", fit);
addEventListener("resize", fit);
