// Lists: what the filters and the boxes in front of rows do beyond what plain forms do.

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

// The browser knows its zone, the server only the profile's.
function offerOwnZone() {
  for (const select of document.querySelectorAll("[data-zones]")) {
    const known = [...select.options].some((option) => option.value === OWN_ZONE);
    if (!OWN_ZONE || known) continue;
    select.add(new Option(OWN_ZONE, OWN_ZONE, false, "ownZone" in select.dataset));
  }
}

// A span up to now and one from – to exclude each other: choosing one clears the other.
function followWithin(select) {
  if (select.value === "custom") return;
  for (const input of select.form.querySelectorAll(".ends input")) input.value = "";
}

function boxes() {
  return [...document.querySelectorAll("#list input[name=id]")];
}

function countSelected() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  for (const words of document.querySelectorAll("[data-selected]")) {
    const text = chosen ? `With the ${chosen} selected:` : "With the selected:";
    if (words.textContent !== text) words.textContent = text;
  }
  for (const every of document.querySelectorAll("[data-select-all]")) {
    every.hidden = all.length === 0;
    every.checked = chosen > 0 && chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  }
}

// Within the capture phase: before htmx reads the form.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("[data-within]")) followWithin(event.target);
    if (event.target.matches("[data-select-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    countSelected();
  },
  true,
);
document.addEventListener("htmx:before:settle", countSelected);
addEventListener("pageshow", countSelected);
offerOwnZone();
countSelected();
