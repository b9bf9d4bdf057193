// Payload rows: a click copies the row's path, as conditions write it.

import { notify } from "./notices.js";

document.addEventListener("click", async (event) => {
  const path = event.target.closest?.("button[data-path]")?.dataset.path;
  if (path === undefined) return;
  try {
    await navigator.clipboard.writeText(path);
    notify(`Copied ${path}`);
  } catch {
    notify(path);
  }
});
