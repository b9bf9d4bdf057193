// The workflow form: placeholders are inserted where one typed last, and a line of the summary of
// mistakes leads into its field. Everything else the server draws.

let last = null;

// What works by script only shows where scripts run.
document.documentElement.dataset.scripts = "";

function inForm(element) {
  return element?.isConnected && element.closest(".workflow-form");
}

// An answer redraws the fields: the one that was typed in last is found again by its id.
function place() {
  const again = last?.id && document.getElementById(last.id);
  if (inForm(again)) return again;
  return document.querySelector(".workflow-form [data-template], .workflow-form textarea#field-steps");
}

function insert(text) {
  const field = place();
  if (!field) return;
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(".workflow-form [data-template], .workflow-form #field-steps")) {
    last = event.target;
  }
});

// The list of placeholders stays as it was, open or not, when the form is drawn again.
let open = false;

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.id === "placeholders") open = event.target.open;
  },
  true,
);

document.addEventListener("htmx:after:swap", () => {
  const list = document.getElementById("placeholders");
  if (list) list.open = open;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (button) insert(button.dataset.insert);
  const link = event.target.closest?.(".workflow-form [data-to]");
  const field = link && document.getElementById(link.dataset.to);
  if (!field) return;
  event.preventDefault();
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});
