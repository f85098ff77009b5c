// The score field grad log p_t of a law at one noise level, and figures of paths in it, as in
// core/noise_level.py and core/action.py. A path is flat: (2 (N + 1),).

import { cumulants, expected, logDensity } from "playground/laws";
import { timeAt } from "playground/schedules";

// A law at the noise level sigma / alpha = `noise`.
export function level(law, schedule, noise) {
  const t = timeAt(schedule, noise);
  const [alpha, sigma] = schedule(t);
  return { law, schedule, noise, t, alpha, sigma };
}

// grad log p_t at points.
export function field({ law, alpha, sigma }, points) {
  const x0 = expected(law, [alpha, sigma], points);
  return points.map((value, i) => (alpha * x0[i] - value) / sigma ** 2);
}

// The score at one point, and its derivative [xx, xy, yy], the Hessian of log p_t.
export function derivative({ law, alpha, sigma }, x, y) {
  const { m, c } = cumulants(law, [alpha, sigma], x, y);
  const scale = (alpha / sigma ** 2) ** 2;
  const b = [(alpha * m[0] - x) / sigma ** 2, (alpha * m[1] - y) / sigma ** 2];
  return { b, h: [scale * c[0] - sigma ** -2, scale * c[1], scale * c[2] - sigma ** -2] };
}

// Differences and midpoints of the nodes of a path.
function pieces(path) {
  const step = path.slice(2).map((value, i) => value - path[i]);
  const middle = path.slice(2).map((value, i) => (value + path[i]) / 2);
  return { step, middle };
}

const ROUND = 1e-4; // norms are rounded off below this, in units of sigma and 1 / sigma

// The geometric action int |b| |dx| - b.dx (Heymann and Vanden-Eijnden 2008), by Simpson's rule.
export function geometric(place, path) {
  const { step, middle } = pieces(path);
  const [at, between] = [field(place, path), field(place, middle)];
  const speed = (b, i) => Math.hypot(b[i], b[i + 1]);
  let total = 0;
  for (let i = 0; i < step.length; i += 2) {
    const mean = (speed(at, i) + 4 * speed(between, i) + speed(at, i + 2)) / 6;
    total += mean * Math.hypot(step[i], step[i + 1]);
    for (const d of [i, i + 1]) total -= ((at[d] + 4 * between[d] + at[d + 2]) / 6) * step[d];
  }
  return total;
}

// The action by Simpson's rule with norms that are smooth at 0, plus `spring` times how unequal the
// steps are, N sum |D|^2 / (sum |D|)^2 - 1; and its gradient in all nodes.
export function penalised(place, path, spring) {
  const { step, middle } = pieces(path);
  const { sigma } = place;
  const count = step.length / 2;
  const sizes = Array.from({ length: count }, (_, k) =>
    Math.hypot(step[2 * k], step[2 * k + 1], ROUND * sigma));
  const [sum, squares] = [sizes.reduce((a, s) => a + s, 0), sizes.reduce((a, s) => a + s * s, 0)];
  const bends = points => Array.from({ length: points.length / 2 }, (_, k) => {
    const found = derivative(place, points[2 * k], points[2 * k + 1]);
    return { ...found, speed: Math.hypot(...found.b, ROUND / sigma) };
  });
  const [at, between] = [bends(path), bends(middle)];
  const slope = new Float64Array(path.length);
  let total = spring * ((count * squares) / sum ** 2 - 1);
  sizes.forEach((size, k) => {
    const i = 2 * k;
    // field, weight, and the share of the point that moves with the first end of the step
    const rule = [[at[k], 1 / 6, 1], [between[k], 2 / 3, 1 / 2], [at[k + 1], 1 / 6, 0]];
    let longer = ((2 * spring * count) / sum ** 2) * (size - squares / sum);
    for (const [{ speed }, weight] of rule) longer += weight * speed;
    for (const d of [0, 1]) {
      slope[i + d] -= (longer * step[i + d]) / size;
      slope[i + 2 + d] += (longer * step[i + d]) / size;
    }
    for (const [{ b, h, speed }, weight, share] of rule) {
      total += weight * (speed * size - b[0] * step[i] - b[1] * step[i + 1]);
      const off = [0, 1].map(d => weight * ((b[d] * size) / speed - step[i + d])); // derivative in b
      const bent = [h[0] * off[0] + h[1] * off[1], h[1] * off[0] + h[2] * off[1]];
      for (const d of [0, 1]) {
        slope[i + d] += share * bent[d] + weight * b[d];
        slope[i + 2 + d] += (1 - share) * bent[d] - weight * b[d];
      }
    }
  });
  return [total, slope];
}

// The time of a mean step of a path at the mean speed |b|, at most sigma^2, and its action.
export function scales(place, path) {
  const { step, middle } = pieces(path);
  const b = field(place, middle);
  const sum = values => values.reduce((total, value) => total + value * value, 0);
  const dt = Math.sqrt(sum(step) / Math.max(sum(b), 1e-300));
  let first = 0;
  for (let i = 0; i < step.length; i += 2) {
    first += Math.hypot(b[i], b[i + 1]) * Math.hypot(step[i], step[i + 1]);
    first -= b[i] * step[i] + b[i + 1] * step[i + 1];
  }
  const { sigma } = place;
  return { dt: Math.min(Math.max(dt, 1e-6 * sigma ** 2), sigma ** 2), first };
}

// The same polygonal path in `nodes` pieces of equal length.
export function resampled(path, nodes) {
  const { step } = pieces(path);
  const reached = [0];
  for (let i = 0; i < step.length; i += 2) {
    reached.push(reached[i / 2] + Math.hypot(step[i], step[i + 1]));
  }
  const last = reached.length - 1;
  let left = 0;
  const points = Array.from({ length: nodes + 1 }, (_, k) => {
    const at = (k / nodes) * reached[last];
    while (left < last - 1 && reached[left + 1] <= at) left++;
    const piece = Math.max(reached[left + 1] - reached[left], 1e-300);
    const part = Math.min(Math.max((at - reached[left]) / piece, 0), 1);
    return [0, 1].map(d => path[2 * left + d] + part * step[2 * left + d]);
  });
  return Float64Array.from(points.flat());
}

// The deepest fall of log p_t below an earlier node of a path.
export function drop({ law, alpha, sigma }, path) {
  let [highest, deepest] = [-Infinity, 0];
  for (const value of logDensity(law, [alpha, sigma], path)) {
    highest = Math.max(highest, value);
    deepest = Math.max(deepest, highest - value);
  }
  return deepest;
}

// The length of a path.
export function length(path) {
  const { step } = pieces(path);
  let total = 0;
  for (let i = 0; i < step.length; i += 2) total += Math.hypot(step[i], step[i + 1]);
  return total;
}
