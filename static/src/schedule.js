// The form of a schedule: a common one is filled in, what the preview found wrong is told at the
// fields, and a new schedule begins in the browser's zone. All else the server says.

import { linesIn, tellAt } from "./problems.js";

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function told(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const cron = event.target.closest?.("[data-cron]")?.dataset.cron;
  const field = cron && document.getElementById("field-cron");
  if (!field) return;
  event.preventDefault();
  field.value = cron;
  field.focus();
  told(field);
});

function boxOf(field) {
  const found = document.getElementById(`error-${field.name}`);
  if (found) return found;
  const box = Object.assign(document.createElement("div"), { className: "error", id: `error-${field.name}` });
  field.closest("[data-field]").append(box);
  field.setAttribute("aria-describedby", [box.id, field.getAttribute("aria-describedby")].filter(Boolean).join(" "));
  return box;
}

function tellProblems() {
  const lines = linesIn("#schedule-problems");
  for (const field of document.querySelectorAll("#schedule-fields [data-field] > [name]")) {
    const found = lines.get(field.name) ?? [];
    if (found.length > 0 || document.getElementById(`error-${field.name}`)) tellAt(boxOf(field), field, found);
  }
}

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "schedule-preview") tellProblems();
});

// The browser knows its zone, the server only the profile's.
function beginInOwnZone() {
  const zones = document.querySelector("#field-zone[data-own-zone]");
  if (!zones || ![...zones.options].some((option) => option.value === OWN_ZONE)) return;
  delete zones.dataset.ownZone;
  zones.value = OWN_ZONE;
}

beginInOwnZone();
