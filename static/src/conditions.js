// The conditions beside an event: a click on a field of the event puts its path into the clause that
// one is at, and what a trial found wrong is told at the very fields. All else the server draws.

import { linesIn, tellAt } from "./problems.js";

const NAMES = ["sample", "chosen"];
const ADDED = "button-conditions.add";

let clauseId = null;
let fieldId = null;
let waiting = null;

function desk() {
  return document.getElementById("desk-conditions");
}

function part(clause, name) {
  return document.getElementById(`field-${clause.dataset.clause}.${name}`);
}

function told(field, type = "input") {
  field.dispatchEvent(new Event(type, { bubbles: true }));
}

// --- Where one is ------------------------------------------------------------------------------

document.addEventListener("focusin", (event) => {
  const clause = event.target.closest?.("#desk-conditions [data-clause]");
  if (clause) [clauseId, fieldId] = [clause.id, event.target.id];
});

function here() {
  const last = clauseId && document.getElementById(clauseId);
  const rows = [...document.querySelectorAll("#desk-conditions [data-clause]")];
  return last && rows.includes(last) ? last : rows.find((row) => part(row, "path")?.value === "");
}

// --- From the event into a clause --------------------------------------------------------------

function offer(clause) {
  const from = part(clause, "source")?.value || "body";
  part(clause, "path")?.setAttribute("list", `known-${from}`);
  if (part(clause, "kind")?.value === "field") part(clause, "value")?.setAttribute("list", `known-${from}`);
}

function chooseSource(clause, source) {
  const choice = part(clause, "source");
  // What says nothing means the body.
  const wanted = [...choice.options].find((option) => (option.value || "body") === source);
  if (wanted) choice.value = wanted.value;
  offer(clause);
}

function chooseKind(clause, kind) {
  const [choice, value] = [part(clause, "kind"), part(clause, "value")];
  if (!kind || !choice?.options || value?.value !== "") return;
  if ([...choice.options].some((option) => option.value === kind)) choice.value = kind;
}

function fill(clause, { pick, source, kind }) {
  const value = part(clause, "value");
  if (part(clause, "kind")?.value === "field" && fieldId === value?.id) {
    value.value = pick;
    told(value);
    return;
  }
  const path = part(clause, "path");
  if (!path) return insert(clause.querySelector("textarea"), pick);
  if (part(clause, "op")?.value === "expr") return insert(value, expression(pick, source));
  path.value = pick;
  chooseSource(clause, source);
  chooseKind(clause, kind);
  told(path);
}

// `$.order.total` as expressions write it.
function expression(path, source) {
  return source + path.slice(1).replaceAll(/\['((?:[^'\\]|\\.)*)'\]/g, (_, name) => `["${name.replaceAll('"', '\\"').replaceAll("\\'", "'")}"]`);
}

function insert(field, text) {
  if (!field) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  told(field);
}

function use(button) {
  const asJson = document.getElementById("field-conditions");
  if (asJson) return insert(asJson, button.dataset.pick);
  const clause = here();
  if (clause) return fill(clause, button.dataset);
  waiting = { ...button.dataset };
  document.getElementById(ADDED)?.click();
}

// The mouse takes no focus away from the field that is being filled in.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[data-pick]") && desk()?.contains(document.activeElement)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-pick]");
  if (button) use(button);
});

document.addEventListener("change", (event) => {
  const clause = event.target.name?.endsWith(".source") && event.target.closest("[data-clause]");
  if (clause) offer(clause);
});

// --- What a trial found wrong ------------------------------------------------------------------

function tellProblems() {
  const lines = linesIn("#trial-problems");
  for (const box of document.querySelectorAll("#desk-conditions .error[id^='error-conditions'], #error-sample")) {
    const name = box.id.slice("error-".length);
    const field = document.getElementById(`field-${name}`);
    if (field) tellAt(box, field, lines.get(name) ?? []);
  }
}

// Morphing does not touch what somebody chose before: what the operator now asks for has to be said.
function chooseAgain(rest) {
  for (const choice of rest?.querySelectorAll("select") ?? []) {
    const wanted = choice.querySelector("option[selected]");
    if (wanted && choice !== document.activeElement) choice.value = wanted.value;
  }
}

// --- Around them ---------------------------------------------------------------------------------

// Another signature has another sample.
document.addEventListener("change", (event) => {
  const chosen = event.target.id === "field-scheme" && document.getElementById("field-chosen");
  if (chosen && chosen.value === "sample") told(chosen, "change");
});

// Enter in a field presses the first button of its form, which saves: here another one is meant.
document.addEventListener("keydown", (event) => {
  const part = event.key === "Enter" && event.target.matches?.(".on-history input") && event.target.closest(".on-history");
  if (!part) return;
  event.preventDefault();
  part.querySelector("button[type=submit]").click();
});

// --- With htmx -----------------------------------------------------------------------------------

document.addEventListener("htmx:after:swap", (event) => {
  if (!desk()) return;
  const target = event.detail.ctx.target;
  if (target?.id === "trial-verdict") return tellProblems();
  if (!target?.matches?.("#conditions, #form, [id^='rest-row']")) return;
  if (target.id.startsWith("rest-row")) chooseAgain(document.getElementById(target.id));
  const clause = document.activeElement?.closest?.("[data-clause]");
  if (waiting && clause) fill(clause, waiting);
  waiting = null;
  desk().dispatchEvent(new Event("drawn"));
});

// Nothing of the event beside the conditions is saved, so it is only sent where it is looked at.
document.addEventListener("htmx:config:request", (event) => {
  const { body, action } = event.detail.ctx.request;
  if (action.endsWith("/condition-trials")) return;
  for (const name of NAMES) body?.delete?.(name);
});
