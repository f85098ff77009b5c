// Paths between two points at one noise level, in the coordinates of x_t: the straight one, the
// Hamiltonian motion and the path of least geometric action, as in paths/hamiltonian.py and
// instanton.py.

import { mean } from "playground/denoisers";
import { field, geometric, penalised, resampled, scales } from "playground/fields";
import { minimise } from "playground/lbfgs";
import { streams } from "playground/noise";
import { equidistant, timeAt } from "playground/schedules";

const DEEP = 4; // the noise level of a path through noise, in units of the level of the path
const BOW = 0.1; // the size of the random bow of an initial path, in units of sigma
const SPRING = 2; // of the penalty for unequal steps, in units of the action of the first path
const NEAR = 0.1; // initial paths that end further above the lowest are not refined

// The straight path, (2 (nodes + 1),).
export function line(a, b, nodes) {
  return pairs(nodes, part => a.map((value, d) => value + part * (b[d] - value)));
}

const pairs = (nodes, at) =>
  Float64Array.from([...equidistant(0, 1, nodes + 1)].flatMap(part => [...at(part)]));

// x'' = grad log p_t by the leapfrog method from a, with the velocity that would reach b straight.
// `step` and `duration` are in units of sigma.
export function hamiltonian(place, a, b, { step, duration }) {
  const count = Math.round(duration / step);
  const h = step * place.sigma;
  let x = Float64Array.from(a);
  let v = x.map((value, d) => (b[d] - value) / (count * h));
  let force = field(place, x);
  const path = [...x];
  for (let i = 0; i < count; i++) {
    const half = v.map((value, d) => value + (h / 2) * force[d]);
    x = x.map((value, d) => value + h * half[d]);
    force = field(place, x);
    v = half.map((value, d) => value + (h / 2) * force[d]);
    path.push(...x);
  }
  return Float64Array.from(path);
}

// Half sine waves on both sides of the straight path, as high as half its length.
function side(a, b, nodes, sign) {
  const across = [-(b[1] - a[1]) / 2, (b[0] - a[0]) / 2];
  return pairs(nodes, part =>
    a.map((value, d) =>
      value + part * (b[d] - value) + sign * Math.sin(Math.PI * part) * across[d]),
  );
}

// Along a great circle with linear norm (Shoemake 1985).
function slerp(a, b, nodes) {
  const [normA, normB] = [Math.hypot(...a), Math.hypot(...b)];
  const cosine = (a[0] * b[0] + a[1] * b[1]) / (normA * normB);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (Math.sin(angle) < 1e-3) return line(a, b, nodes);
  return pairs(nodes, part =>
    a.map((value, d) => {
      const from = (value / normA) * Math.sin((1 - part) * angle);
      const to = (b[d] / normB) * Math.sin(part * angle);
      return ((from + to) / Math.sin(angle)) * (normA + part * (normB - normA));
    }),
  );
}

// A path through a higher noise level: both ends get the same noise, every node is denoised.
function throughNoise(place, a, b, nodes) {
  const { law, schedule, alpha, sigma } = place;
  const t = timeAt(schedule, DEEP * place.noise);
  const [deepAlpha, deepSigma] = schedule(t);
  const shrink = deepAlpha / alpha;
  const size = Math.sqrt(deepSigma ** 2 - (shrink * sigma) ** 2);
  const added = streams(0, 1)().map(value => size * value);
  const [from, to] = [a, b].map(end => end.map((value, d) => shrink * value + added[d]));
  const path = mean(law, schedule).at(slerp(from, to, nodes), t).map(value => alpha * value);
  const off = [a.map((v, d) => v - path[d]), b.map((v, d) => v - path[2 * nodes + d])];
  return path.map((value, i) => value + line(off[0], off[1], nodes)[i]);
}

// A path plus half a sine wave along a random direction, which breaks symmetries.
function bowed(path, width) {
  const direction = streams(0, 1)();
  const nodes = path.length / 2 - 1;
  return path.map((value, i) =>
    value + width * Math.sin((Math.PI * Math.floor(i / 2)) / nodes) * direction[i % 2]);
}

// The sine transform (DST-I, orthonormal) of the inner nodes in each coordinate.
function transform(values, nodes) {
  return values.map((_, i) => {
    const [j, d] = [Math.floor(i / 2) + 1, i % 2];
    let total = 0;
    for (let k = 1; k < nodes; k++) {
      total += values[2 * (k - 1) + d] * Math.sin((Math.PI * j * k) / nodes);
    }
    return Math.sqrt(2 / nodes) * total;
  });
}

// One path lowered in its action, in coordinates scaled by the curvature (H1).
function descend(place, path, { iterations, tolerance }) {
  const nodes = path.length / 2 - 1;
  const { dt, first } = scales(place, path);
  const weight = Float64Array.from({ length: 2 * (nodes - 1) }, (_, i) => {
    const wave = (2 - 2 * Math.cos((Math.PI * (Math.floor(i / 2) + 1)) / nodes)) / dt;
    return (wave + dt / place.sigma ** 4) ** -0.5;
  });
  const at = c => {
    const shift = transform(c.map((value, i) => value * weight[i]), nodes);
    return path.map((value, i) => value + (i < 2 || i >= 2 * nodes ? 0 : shift[i - 2]));
  };
  const value = c => {
    const [total, slope] = penalised(place, at(c), SPRING * first);
    return [total, transform(slope.slice(2, -2), nodes).map((g, i) => g * weight[i])];
  };
  return at(minimise(value, new Float64Array(2 * (nodes - 1)), iterations, tolerance));
}

// A path lowered with `nodes` nodes: {path, action}.
function search(place, path, nodes, knobs) {
  const lower = descend(place, resampled(path, nodes), knobs);
  return { path: lower, action: geometric(place, lower) };
}

// The path with the least action of those from four initial paths, of which two go round as those
// through examples may: {path, action, start}. Paths near the lowest get twice the nodes, until
// that changes the action by less than `accuracy` of it.
export function instanton(place, a, b, knobs) {
  const { nodes, doublings, accuracy } = knobs;
  const starts = {
    line: line(a, b, nodes),
    noise: throughNoise(place, a, b, nodes),
    left: side(a, b, nodes, 1),
    right: side(a, b, nodes, -1),
  };
  const found = Object.entries(starts).map(([start, first]) => {
    const path = bowed(first, BOW * place.sigma);
    return { start, ...search(place, path, nodes, knobs) };
  });
  const bound = (1 + NEAR) * Math.min(...found.map(one => one.action));
  for (const one of found.filter(({ action }) => action <= bound)) {
    for (let i = 0; i < doublings; i++) {
      const before = one.action;
      Object.assign(one, search(place, one.path, one.path.length - 2, knobs));
      if (Math.abs(one.action - before) < accuracy * Math.max(Math.abs(one.action), 1e-12)) break;
    }
  }
  return found.reduce((best, one) => (one.action < best.action ? one : best));
}
