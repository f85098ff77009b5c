// Two runs side by side: their pictures and figures.

import { state, stated } from "viewer/address";

const find = id => document.getElementById(id);

function picture(name, kind) {
  const from = find(`${kind}-${name}`);
  const image = document.createElement("img");
  Object.assign(image, { src: from.src, alt: from.alt, width: from.width, height: from.height });
  return image;
}

function card(runs, name) {
  const { data, model, guidance, sampler } = runs[name];
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = `${name}: ${model} on ${data}, ${sampler}, guidance ${guidance}`;
  figure.append(caption, picture(name, "samples"), picture(name, "trajectory"));
  return figure;
}

// Rows of the figures of either run.
function table(runs, a, b) {
  const keys = new Set([...Object.keys(runs[a].figures), ...Object.keys(runs[b].figures)]);
  return [...keys].map(key => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.className = "text";
    head.textContent = key.replaceAll("_", " ");
    row.append(head);
    for (const name of [a, b]) row.insertCell().textContent = runs[name].figures[key] ?? "";
    return row;
  });
}

export function startComparison() {
  const runs = JSON.parse(find("runs").textContent);
  const [first, second] = [find("compare-a"), find("compare-b")];
  const show = () => {
    const [a, b] = [first.value, second.value];
    find("compare-pictures").replaceChildren(card(runs, a), card(runs, b));
    const body = find("compare-figures");
    [body.tHead.rows[0].cells[1].textContent, body.tHead.rows[0].cells[2].textContent] = [a, b];
    body.tBodies[0].replaceChildren(...table(runs, a, b));
  };
  const set = (a, b) => {
    [first.value, second.value] = [a, b];
    show();
    state("compare", { a, b });
  };
  if (!first.value) return;
  const { a, b } = stated();
  if (a in runs && b in runs) [first.value, second.value] = [a, b];
  for (const select of [first, second]) {
    select.addEventListener("input", () => set(first.value, second.value));
  }
  for (const button of document.querySelectorAll("[data-beside]")) {
    button.addEventListener("click", () => set(...button.dataset.beside.split(" ")));
  }
  show();
}
