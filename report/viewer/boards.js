// Tables that a reader sorts, filters and takes columns out of; the address keeps the state.

import { state, stated } from "viewer/address";

const value = cell =>
  cell.dataset.value === undefined ? cell.textContent.toLowerCase()
    : cell.dataset.value === "" ? null : Number(cell.dataset.value);

// Rows by a column; what is missing comes last.
function order(table, column, down) {
  const heads = [...table.tHead.rows[0].cells];
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows].map(row => [value(row.cells[column]), row]);
  rows.sort(([a], [b]) =>
    a === null || b === null ? (a === null) - (b === null)
      : (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

// Hide the rows that do not fit, and say how many do.
function filter(table, { filter: text, data, ranked }, count) {
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const fits = row.textContent.toLowerCase().includes(text.value.trim().toLowerCase())
      && (!data?.value || row.dataset.data === data.value)
      && !(ranked?.checked && row.classList.contains("unranked"));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${table.tBodies[0].rows.length} ${count.dataset.count}`;
}

// Show the columns that are ticked.
function choose(table, boxes) {
  const kept = new Set([...boxes].filter(box => box.checked).map(box => box.value));
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const hidden = head.dataset.key !== undefined && boxes.length > 0 && !kept.has(head.dataset.key);
    for (const row of table.rows) row.cells[i].hidden = hidden;
  });
}

function restore(table, controls, boxes, heads) {
  const known = stated();
  for (const [name, control] of Object.entries(controls)) {
    const text = known[`${table.id}.${name}`];
    if (!control || text === undefined) continue;
    if (control.type === "checkbox") control.checked = text === "1";
    else control.value = text;
  }
  const columns = known[`${table.id}.columns`]?.split(",");
  if (columns) for (const box of boxes) box.checked = columns.includes(box.value);
  const [key, down] = (known[`${table.id}.sort`] ?? "").split(" ");
  const column = heads.findIndex(head => head.dataset.key === key);
  if (key && column >= 0) order(table, column, down === "down");
}

function board(place) {
  const table = document.getElementById(place.dataset.for);
  const find = name => place.querySelector(`[data-${name}]`);
  const controls = { filter: find("filter"), data: find("data"), ranked: find("ranked") };
  const boxes = place.querySelectorAll("[data-columns] input");
  const heads = [...table.tHead.rows[0].cells];
  const keep = (name, text) => state(place.closest("section").id, { [`${table.id}.${name}`]: text });
  restore(table, controls, boxes, heads);
  const show = () => filter(table, controls, find("count"));
  for (const [name, control] of Object.entries(controls)) {
    control?.addEventListener("input", () => {
      show();
      keep(name, control.type === "checkbox" ? (control.checked ? "1" : null) : control.value);
    });
  }
  for (const box of boxes) {
    box.addEventListener("input", () => {
      choose(table, boxes);
      keep("columns", [...boxes].filter(one => one.checked).map(one => one.value).join());
    });
  }
  heads.forEach((head, i) => head.querySelector("button")?.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    order(table, i, down);
    keep("sort", `${head.dataset.key} ${down ? "down" : "up"}`);
  }));
  choose(table, boxes);
  show();
}

export function startBoards() {
  for (const place of document.querySelectorAll(".controls[data-for]")) board(place);
}
