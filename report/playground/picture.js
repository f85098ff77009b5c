// The picture of the playground: heat below, particles or paths on top.

import { instability } from "playground/instability";
import { logDensity } from "playground/laws";

const HALF = 5.6; // the picture shows [-HALF, HALF]^2
const INK = { density: [31, 111, 190], instability: [222, 110, 20] };

// From a point to pixels of a canvas, and back.
export const toPixels = (canvas, x, y) => [
  ((x + HALF) / (2 * HALF)) * canvas.width,
  ((HALF - y) / (2 * HALF)) * canvas.height,
];

export function toPoint(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return [(2 * u - 1) * HALF, (1 - 2 * v) * HALF].map(value => Math.round(value * 100) / 100);
}

// The middles of size x size cells, row by row from the top.
function cells(size) {
  const points = new Float64Array(2 * size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const i = 2 * (row * size + column);
      points[i] = ((2 * (column + 0.5)) / size - 1) * HALF;
      points[i + 1] = (1 - (2 * (row + 0.5)) / size) * HALF;
    }
  }
  return points;
}

// {image, most}: density and instability as colours in a small canvas, and the largest score.
export function heat(law, levels, { heat: what, score }, size, dark) {
  const points = cells(size);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const layers = [];
  let most = 0;
  if (what !== "instability" && what !== "none") {
    const logs = logDensity(law, levels, points);
    const top = Math.max(...logs);
    layers.push([INK.density, logs.map(value => Math.exp((value - top) / 2))]);
  }
  if (what === "both" || what === "instability") {
    const [alpha, sigma] = levels;
    const safe = sigma < 0.05 * alpha ? [alpha, 0.05 * alpha] : levels; // it has no limit at 0
    const values = instability(score, law, safe, points);
    most = Math.max(...values);
    if (most > 1e-6) layers.push([INK.instability, values.map(value => value / most)]);
  }
  const ground = dark ? 18 : 255;
  for (let i = 0; i < size * size; i++) {
    const colour = [ground, ground, ground];
    for (const [ink, amount] of layers) {
      for (const c of [0, 1, 2]) colour[c] += 0.75 * amount[i] * (ink[c] - colour[c]);
    }
    image.data.set([...colour, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return { image: canvas, most };
}

export function drawHeat(context, image) {
  context.imageSmoothingEnabled = true;
  context.drawImage(image, 0, 0, context.canvas.width, context.canvas.height);
}

// Particles between two states, `part` of the way.
export function drawParticles(context, from, to, part, dark) {
  const { canvas } = context;
  const size = canvas.width / 560;
  context.fillStyle = dark ? "rgba(255,255,255,.8)" : "rgba(15,20,30,.75)";
  context.beginPath();
  for (let i = 0; i < from.length; i += 2) {
    const x = from[i] + part * (to[i] - from[i]);
    const y = from[i + 1] + part * (to[i + 1] - from[i + 1]);
    const [u, v] = toPixels(canvas, x, y);
    context.moveTo(u + 2 * size, v);
    context.arc(u, v, 2 * size, 0, 2 * Math.PI);
  }
  context.fill();
}

// A circle round a point, in units of the law.
export function drawRing(context, [x, y], radius, colour) {
  const { canvas } = context;
  context.strokeStyle = colour;
  context.lineWidth = (2 * canvas.width) / 560;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.arc(...toPixels(canvas, x, y), (radius / (2 * HALF)) * canvas.width, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
}

// A path with dots at its nodes.
export function drawPath(context, path, colour, dashes = []) {
  const { canvas } = context;
  context.strokeStyle = colour;
  context.lineWidth = (2.5 * canvas.width) / 560;
  context.setLineDash(dashes);
  context.beginPath();
  for (let i = 0; i < path.length; i += 2) context.lineTo(...toPixels(canvas, path[i], path[i + 1]));
  context.stroke();
  context.setLineDash([]);
}

// A cross with a name.
export function drawPoint(context, [x, y], name, dark) {
  const { canvas } = context;
  const [u, v] = toPixels(canvas, x, y);
  const size = (6 * canvas.width) / 560;
  context.strokeStyle = context.fillStyle = dark ? "#fff" : "#000";
  context.lineWidth = size / 3;
  context.beginPath();
  context.moveTo(u - size, v - size);
  context.lineTo(u + size, v + size);
  context.moveTo(u - size, v + size);
  context.lineTo(u + size, v - size);
  context.stroke();
  context.font = `${2.4 * size}px system-ui, sans-serif`;
  context.fillText(name, u + 1.5 * size, v - size);
}
