// A form marked `data-guard` asks before it is left with changes that are not saved: by a link of
// the page in our words, by anything else (reload, close, back) in the browser's.
//
// Changed means: it would now send something else than when it was opened. Fields that only say what
// the form was opened on are not looked at.

const QUESTION = "You have changes that are not saved. Leave this page and lose them?";
const NOT_TYPED = [
  "_csrf", "revision", "was", "opened", "chosen", "sample",
  "backtest_last", "backtest_from", "backtest_to",
];
// A link that did not lead away after all must not switch the guard off.
const LEAVING_LASTS_MS = 1000;

const opened = new Map();
let leaving = false;

function guarded() {
  return document.querySelector("form[data-guard]");
}

function contentOf(form) {
  const content = new FormData(form);
  for (const name of NOT_TYPED) content.delete(name);
  return JSON.stringify([...content]);
}

// By its address: a form that comes back from the server with mistakes in it is still the one that
// was opened.
function remember() {
  const form = guarded();
  if (form && !opened.has(form.action)) opened.set(form.action, contentOf(form));
}

function isChanged() {
  const form = guarded();
  return Boolean(form) && opened.get(form.action) !== contentOf(form);
}

function leadsAway(event) {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target === "_blank" || link.hasAttribute("download")) return null;
  const here = location.href.split("#")[0];
  return link.href.startsWith(`${here}#`) ? null : link;
}

document.addEventListener("click", (event) => {
  const link = leadsAway(event);
  if (!link || event.defaultPrevented || !isChanged()) return;
  // `data-leave` is on links that say themselves that what is typed goes.
  if (!link.hasAttribute("data-leave") && !confirm(QUESTION)) {
    event.preventDefault();
    return;
  }
  leaving = true;
  setTimeout(() => (leaving = false), LEAVING_LASTS_MS);
});

document.addEventListener("submit", (event) => {
  if (event.target === guarded()) leaving = true;
});

function cameBack(event) {
  if (event.detail.ctx?.sourceElement?.matches?.("form[data-guard]")) leaving = false;
}

document.addEventListener("htmx:response:error", cameBack);
document.addEventListener("htmx:error", cameBack);
document.addEventListener("htmx:after:swap", remember);

addEventListener("beforeunload", (event) => {
  if (!leaving && isChanged()) event.preventDefault();
});

remember();
