// Keys for those who would rather not reach for the mouse; `?` lists them. None of them does
// anything while someone types, with a modifier held, or over an open dialog.

const GO = { o: "/", t: "/triggers", e: "/events", x: "/executions", w: "/workflows" };
const GO_WITHIN_MS = 1500;
const FIELDS = "input, textarea, select, [contenteditable]";
// The first of these on a page is what `/` means there.
const SEARCHES = "main input[type=search], #filters input:not([type=hidden]), #filters select";
// What `j` and `k` go through: the link of a list's row, or a row of a payload.
const ROWS = "main .list tbody tr, main .tree li";

let goSince = -Infinity;

function isTyping(target) {
  return target instanceof Element && target.closest(FIELDS) !== null;
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function showList() {
  const list = document.querySelector("#keys");
  if (list && !list.open) list.showModal();
}

// What takes the focus in a row: its title's link, or the fold or button of a payload's row.
function handle(row) {
  return row.matches("li")
    ? row.querySelector(":scope > details > summary, :scope > button")
    : (row.querySelector("td.title a") ?? row.querySelector("a[href], button"));
}

function move(step) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => visible(row) && handle(row));
  if (rows.length === 0) return;
  const here = rows.findLastIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  handle(row).focus();
  row.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = [...document.querySelectorAll(SEARCHES)].find(visible);
  field?.focus();
  field?.select?.();
  return field !== undefined;
}

function make() {
  const links = document.querySelectorAll('main .page-head a[href$="/new"]');
  [...links].find(visible)?.click();
}

function copyPath() {
  const row = document.activeElement?.closest(".tree li, .found li");
  row?.querySelector(":scope > button[data-path]")?.click();
}

const ACTS = {
  "?": showList,
  "/": search,
  j: () => move(1),
  k: () => move(-1),
  n: make,
  c: copyPath,
  g: () => (goSince = performance.now()),
};

function act(key) {
  const going = performance.now() - goSince < GO_WITHIN_MS;
  goSince = -Infinity;
  if (going && GO[key]) {
    location.assign(GO[key]);
    return true;
  }
  if (!Object.hasOwn(ACTS, key)) return false;
  ACTS[key]();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.isComposing || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  // Firefox would open its own search for `/`.
  if (act(event.key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys]")) showList();
  // A click beside the list, on its backdrop, closes it.
  if (event.target.id === "keys") event.target.close();
});
