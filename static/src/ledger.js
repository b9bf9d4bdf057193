// The map of a year is one stop of the Tab key; within it the arrow keys go from day to day.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function rowsOf(table) {
  return [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
}

// The next cell in this direction that has something to show.
function next(rows, row, column, [down, right]) {
  for (let y = row + down, x = column + right; rows[y]?.[x]; y += down, x += right) {
    const link = rows[y][x].querySelector("a");
    if (link) return link;
  }
  return null;
}

function enter(table, link) {
  for (const each of table.querySelectorAll("a")) each.tabIndex = each === link ? 0 : -1;
}

for (const table of document.querySelectorAll("[data-heat]")) {
  // The latest days are what people come for.
  table.parentElement.scrollLeft = table.parentElement.scrollWidth;
  const links = table.querySelectorAll("a");
  if (links.length) enter(table, links[links.length - 1]);
  table.addEventListener("focusin", (event) => {
    if (event.target.matches("a")) enter(table, event.target);
  });
  table.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const cell = event.target.closest("td");
    if (!move || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = rowsOf(table);
    const row = rows.findIndex((cells) => cells.includes(cell));
    const link = next(rows, row, rows[row].indexOf(cell), move);
    event.preventDefault();
    link?.focus();
  });
}
