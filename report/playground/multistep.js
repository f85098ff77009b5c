// Linear multistep samplers, as in samplers/_multistep.py, dpmpp.py, unipc.py and adams.py. The
// integrand x_0 is replaced by a polynomial through known values; a rule gives their coefficients.

// Yields x after each step. Step i uses the latest orders[i] values; if `corrected`, it is taken
// again with the value computed where it ended.
export function* multistep(denoiser, x, times, rule, orders, corrected) {
  const { schedule } = denoiser;
  const most = Math.max(...orders);
  let known = [];
  let [start, before] = [x, times[0]];
  for (let i = 0; i + 1 < times.length; i++) {
    const [t, s] = [times[i], times[i + 1]];
    const found = { t, x0: denoiser.at(x, t) };
    if (corrected && i > 0) {
      const used = [...known.slice(-orders[i - 1]), found];
      x = step(schedule, start, before, t, used, rule);
    }
    known = [...known, found].slice(-most);
    [start, before] = [x, t];
    x = step(schedule, x, t, s, known.slice(-orders[i]), rule);
    yield x;
  }
}

function step(schedule, x, t, s, known, rule) {
  const ts = known.map(one => one.t);
  const coefficients = rule(schedule, ts, t, s);
  const keep = schedule(s)[1] / schedule(t)[1];
  return x.map((value, i) =>
    known.reduce((sum, one, k) => sum + coefficients[k] * one.x0[i], keep * value),
  );
}

// The orders of the steps: as high as the number of known values allows.
export const rising = (order, steps) =>
  Array.from({ length: steps }, (_, i) => Math.min(order, i + 1));

// The same for `logSnr`, which needs lower orders at last where the times end at sigma = 0.
export function falling(order, schedule, times) {
  const orders = rising(order, times.length - 1);
  if (schedule(times[times.length - 1])[1] > 0) return orders;
  return orders.map((each, i) => Math.min(each, orders.length - i));
}

function logRatio(schedule, t) {
  const [alpha, sigma] = schedule(t);
  return Math.log(Math.max(alpha, 1e-16)) - Math.log(sigma);
}

// The rule of a polynomial in log(alpha / sigma) (Lu et al. 2022, Zhao et al. 2023).
export function logSnr(schedule, ts, t, s) {
  const here = logRatio(schedule, t);
  const h = logRatio(schedule, s) - here;
  const u = ts.map(time => (logRatio(schedule, time) - here) / h);
  const moments = [-Math.expm1(-h)];
  for (let j = 1; j < ts.length; j++) {
    moments.push(ts.length > 2 ? 1 - (j / h) * moments[j - 1] : moments[0] / 2);
  }
  const powers = moments.map((_, j) => u.map(value => value ** j));
  return solve(powers, moments).map(c => schedule(s)[0] * c);
}

// The solution of a small linear system, by elimination with pivots.
function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const pivot = rows.reduce((p, row, r) =>
      r >= i && Math.abs(row[i]) > Math.abs(rows[p][i]) ? r : p, i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const factor = rows[r][i] / rows[i][i];
      rows[r] = rows[r].map((value, c) => value - factor * rows[i][c]);
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

// The rule of a polynomial in cos(phi), phi = atan(sigma / alpha), by Gauss's quadrature.
export function cosines(schedule, ts, t, s) {
  const angle = time => Math.atan2(schedule(time)[1], schedule(time)[0]);
  const [alphaS, sigmaS] = schedule(s);
  const nodes = ts.map(time => Math.cos(angle(time)));
  if (sigmaS === 0) return lagrange(nodes, 1).map(value => alphaS * value);
  const [above, below] = [t, s].map(time => Math.log(Math.tan(angle(time) / 2)));
  const half = (above - below) / 2;
  const total = nodes.map(() => 0);
  for (const [point, weight] of GAUSS) {
    const y = below + half * (1 + point);
    lagrange(nodes, -Math.tanh(y)).forEach((value, k) => {
      total[k] += sigmaS * half * value * weight * Math.cosh(y);
    });
  }
  return total;
}

// Lagrange's polynomials of the nodes at one point.
function lagrange(nodes, at) {
  return nodes.map((node, k) =>
    nodes.reduce((p, other, j) => (j === k ? p : (p * (at - other)) / (node - other)), 1),
  );
}

// Points and weights of Gauss's quadrature on [-1, 1], by Newton's method on Legendre's polynomial.
function gauss(n) {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 20; round++) {
      let [p, last] = [x, 1];
      for (let j = 2; j <= n; j++) [p, last] = [((2 * j - 1) * x * p - (j - 1) * last) / j, p];
      slope = (n * (x * p - last)) / (x * x - 1);
      x -= p / slope;
    }
    return [x, 2 / ((1 - x * x) * slope * slope)];
  });
}

const GAUSS = gauss(16);
