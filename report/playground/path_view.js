// The view of paths between two points at one noise level.

import { drop, geometric, length, level } from "playground/fields";
import { hamiltonian, instanton, line } from "playground/paths";
import { drawPath, drawPoint } from "playground/picture";

const NODES = 24;
const SEARCH = { nodes: NODES, iterations: 60, tolerance: 1e-5, doublings: 2, accuracy: 0.01 };
const SHOWN = {
  line: { colour: "#777777", dashes: [7, 5] },
  Hamiltonian: { colour: "#1a9850", dashes: [] },
  instanton: { colour: "#d7301f", dashes: [] },
};

// The three paths by name, with their figures; start and goal are points of the picture.
export function between(law, schedule, noise, { ax, ay, bx, by, flight }) {
  const place = level(law, schedule, noise);
  const [a, b] = [[ax, ay], [bx, by]];
  const paths = {
    line: line(a, b, NODES),
    Hamiltonian: hamiltonian(place, a, b, { step: 0.1, duration: flight }),
    instanton: instanton(place, a, b, SEARCH).path,
  };
  return Object.entries(paths).map(([name, path]) => ({
    name,
    path,
    action: geometric(place, path),
    drop: drop(place, path),
    length: length(path),
  }));
}

export function drawPaths(context, found, { ax, ay, bx, by }, dark) {
  for (const { name, path } of found) drawPath(context, path, SHOWN[name].colour, SHOWN[name].dashes);
  drawPoint(context, [ax, ay], "start", dark);
  drawPoint(context, [bx, by], "goal", dark);
}

export function fillTable(table, found) {
  table.tBodies[0].replaceChildren(
    ...found.map(({ name, ...one }) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.className = "text";
      head.textContent = name;
      head.style.setProperty("--mark", SHOWN[name].colour);
      row.append(head);
      for (const key of ["action", "drop", "length"]) {
        row.insertCell().textContent = one[key].toPrecision(3);
      }
      return row;
    }),
  );
}
