// L-BFGS (Nocedal and Wright 2006, algorithm 7.4) with a line search by halving.

const MEMORY = 15;
const ENOUGH = 1e-4; // of the decrease that the slope promises

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const plus = (a, scale, b) => a.map((value, i) => value + scale * b[i]);

// Minus the gradient, times an approximate inverse of the second derivative.
function direction(slope, known) {
  let d = slope.map(value => -value);
  const parts = [];
  for (const [s, y] of [...known].reverse()) {
    const part = dot(s, d) / dot(s, y);
    parts.unshift(part);
    d = plus(d, -part, y);
  }
  if (known.length > 0) {
    const [s, y] = known[known.length - 1];
    d = d.map(value => (value * dot(s, y)) / dot(y, y));
  }
  known.forEach(([s, y], i) => {
    d = plus(d, parts[i] - dot(y, d) / dot(s, y), s);
  });
  return d;
}

// A point of low value of `at`, c -> [value, gradient], after at most so many iterations, or
// where one lowers it by less than `tolerance` of it.
export function minimise(at, c, iterations, tolerance) {
  let [value, slope] = at(c);
  let known = [];
  for (let i = 0; i < iterations; i++) {
    const d = direction(slope, known);
    const promised = dot(slope, d);
    if (!(promised < 0)) break;
    let size = known.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-promised));
    let next = plus(c, size, d);
    let [after, slopeAfter] = at(next);
    while (!(after <= value + ENOUGH * size * promised) && size > 1e-10) {
      size /= 2;
      next = plus(c, size, d);
      [after, slopeAfter] = at(next);
    }
    if (!(after < value)) break;
    const [s, y] = [plus(next, -1, c), plus(slopeAfter, -1, slope)];
    if (dot(s, y) > 1e-12 * dot(y, y)) known = [...known, [s, y]].slice(-MEMORY);
    const small = value - after <= tolerance * Math.max(Math.abs(value), 1);
    [c, value, slope] = [next, after, slopeAfter];
    if (small) break;
  }
  return c;
}
