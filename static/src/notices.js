// What went wrong with a request, in a line at the foot of the page that goes away by itself; and
// a button that copies.

const SHOWN_FOR_MS = 8000;
let timer = 0;

export function notify(text) {
  const place = document.querySelector("[data-notice]");
  if (!place) return;
  place.textContent = text;
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (place.hidden = true), SHOWN_FOR_MS);
}

const REASONS = {
  401: "You are signed out. Reload the page to sign in again.",
  403: "Your role does not allow this.",
  404: "This is gone.",
  429: "Too many tries. Wait a moment and try again.",
};

function isLive(event) {
  return event.detail.ctx?.request?.headers?.["X-Live-Refresh"];
}

document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx.response.status;
  // Those two come with the form itself, which says at its fields what to mend.
  if (status === 409 || status === 422 || (isLive(event) && status !== 401)) return;
  notify(REASONS[status] ?? "That did not work. Nothing was changed; try again.");
});

// A form that came back begins at what it says of its mistakes (`#trouble`), or else at the first
// field that needs mending.
document.addEventListener("htmx:after:swap", (event) => {
  const { response, target } = event.detail.ctx;
  if (response?.status !== 409 && response?.status !== 422) return;
  const part = document.getElementById(target?.id) ?? document;
  const first =
    part.querySelector("#trouble, [aria-invalid]") ?? document.querySelector("#form [role=alert]");
  first?.scrollIntoView({ block: "center" });
  first?.focus();
});

document.addEventListener("htmx:error", (event) => {
  if (!isLive(event)) notify("The server cannot be reached. Nothing was changed; try again.");
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  const from = button && document.querySelector(button.dataset.copy);
  if (!from) return;
  try {
    await navigator.clipboard.writeText(from.textContent.trim());
    notify("Copied.");
  } catch {
    getSelection().selectAllChildren(from);
    notify("Press Ctrl+C to copy what is selected.");
  }
});
