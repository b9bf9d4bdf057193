// The trigger form: a mistake inside a closed fold opens it, and a line of the summary leads to its
// field, wherever that is.

function open(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
}

document.addEventListener("htmx:after:swap", () => {
  document.querySelectorAll("details .error:not(:empty)").forEach(open);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#trouble a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  open(field);
  field.scrollIntoView({ block: "center" });
  field.focus();
});
