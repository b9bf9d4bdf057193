// What the server found wrong while one types, told at the very fields. What was told of an empty
// field when it was sent stays until somebody types there: a trial has nothing to say of what is
// only not finished.

export function linesIn(list) {
  const lines = new Map();
  for (const line of document.querySelectorAll(`${list} > [data-at]`)) {
    lines.set(line.dataset.at, [...(lines.get(line.dataset.at) ?? []), line.textContent]);
  }
  return lines;
}

export function tellAt(box, field, lines) {
  if (lines.length === 0 && field.value === "" && !("tried" in box.dataset)) return;
  box.dataset.tried = "";
  if ([...box.children].map((line) => line.textContent).join("\n") === lines.join("\n")) return;
  box.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  if (lines.length > 0) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  box.closest("[data-field]").dataset.field = lines.length > 0 ? "error" : "";
}
