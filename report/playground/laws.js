// Mixtures of round Gaussians in 2-D: every quantity in closed form, as in core/exact.py.
// A law is {weight (K,), mean (K pairs), variance (K,), spread}; x are points, flat: (2 n,).

const share = new Float64Array(4096); // p(k | x_t) of the point at hand

// log p_t(x, y) of one point; its posterior p(k | x_t) is in `share` afterwards.
export function posterior(law, alpha, sigma, x, y) {
  const { weight, mean, variance } = law;
  let most = -Infinity;
  for (let k = 0; k < weight.length; k++) {
    const noised = alpha * alpha * variance[k] + sigma * sigma;
    const [dx, dy] = [x - alpha * mean[k][0], y - alpha * mean[k][1]];
    const apart = (dx * dx + dy * dy) / (2 * noised);
    share[k] = weight[k] > 0 ? Math.log(weight[k] / (2 * Math.PI * noised)) - apart : -Infinity;
    if (share[k] > most) most = share[k];
  }
  let total = 0;
  for (let k = 0; k < weight.length; k++) total += share[k] = Math.exp(share[k] - most);
  for (let k = 0; k < weight.length; k++) share[k] /= total;
  return most + Math.log(total);
}

// The mean of x_0 given x_t and the component k.
function centre(law, k, alpha, sigma, x, y) {
  const [mx, my] = law.mean[k];
  const gain = (alpha * law.variance[k]) / (alpha * alpha * law.variance[k] + sigma * sigma);
  return [mx + gain * (x - alpha * mx), my + gain * (y - alpha * my)];
}

// E[x_0 | x_t] of points.
export function expected(law, [alpha, sigma], points) {
  const found = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    posterior(law, alpha, sigma, x, y);
    for (let k = 0; k < law.weight.length; k++) {
      if (share[k] === 0) continue;
      const [mx, my] = centre(law, k, alpha, sigma, x, y);
      found[i] += share[k] * mx;
      found[i + 1] += share[k] * my;
    }
  }
  return found;
}

// Mean m, covariance c = [xx, xy, yy] and third cumulant k = [xxx, xxy, xyy, yyy] of x_0 given x_t.
export function cumulants(law, [alpha, sigma], x, y) {
  posterior(law, alpha, sigma, x, y);
  const parts = [];
  const m = [0, 0];
  for (let k = 0; k < law.weight.length; k++) {
    if (share[k] < 1e-20) continue; // too little to change a sum
    const [mx, my] = centre(law, k, alpha, sigma, x, y);
    const v = law.variance[k];
    parts.push([share[k], mx, my, (v * sigma * sigma) / (alpha * alpha * v + sigma * sigma)]);
    m[0] += share[k] * mx;
    m[1] += share[k] * my;
  }
  const c = [0, 0, 0];
  const k = [0, 0, 0, 0];
  for (const [w, mx, my, v] of parts) {
    const [a, b] = [mx - m[0], my - m[1]];
    c[0] += w * (a * a + v);
    c[1] += w * a * b;
    c[2] += w * (b * b + v);
    k[0] += w * a * (a * a + 3 * v);
    k[1] += w * b * (a * a + v);
    k[2] += w * a * (b * b + v);
    k[3] += w * b * (b * b + 3 * v);
  }
  return { m, c, k };
}

// log p_t of points, (n,).
export function logDensity(law, [alpha, sigma], points) {
  return Float64Array.from({ length: points.length / 2 }, (_, i) =>
    posterior(law, alpha, sigma, points[2 * i], points[2 * i + 1]),
  );
}

// Draws x_0 from p(x_0 | x_t) as a function of normal noise xi, (2 n,); `cdf` and `quantile` are
// those of a normal number. The quantile of the first coordinate selects the component.
export function draw(law, [alpha, sigma], points, xi, cdf, quantile) {
  const found = new Float64Array(points.length);
  const tiny = Number.EPSILON;
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    posterior(law, alpha, sigma, x, y);
    const uniform = cdf(xi[i]);
    let k = 0;
    let above = share[0];
    while (above < uniform && k < law.weight.length - 1) above += share[++k];
    const part = Math.min(Math.max((above - uniform) / share[k], tiny), 1 - tiny);
    const v = law.variance[k];
    const std = Math.sqrt((v * sigma * sigma) / (alpha * alpha * v + sigma * sigma));
    const [mx, my] = centre(law, k, alpha, sigma, x, y);
    found[i] = mx + std * quantile(part);
    found[i + 1] = my + std * xi[i + 1];
  }
  return found;
}

// The root of tr C^2 / tr C for a law of covariance C, nearly the spread of core/interval.py.
function width({ weight, mean, variance }) {
  const sum = at => weight.reduce((total, w, k) => total + w * at(k), 0);
  const [mx, my] = [0, 1].map(d => sum(k => mean[k][d]));
  const xx = sum(k => variance[k] + (mean[k][0] - mx) ** 2);
  const yy = sum(k => variance[k] + (mean[k][1] - my) ** 2);
  const xy = sum(k => (mean[k][0] - mx) * (mean[k][1] - my));
  return Math.sqrt((xx ** 2 + 2 * xy ** 2 + yy ** 2) / (xx + yy));
}

// The law with another weight of its marked mode, `special`; the others share the rest. The spread
// is that of the law, scaled as its width.
export function reweighted(law, special) {
  if (law.special === null) return law;
  const rest = 1 - law.weight[law.special];
  const weight = law.weight.map((w, k) =>
    k === law.special ? special : (w * (1 - special)) / rest,
  );
  const changed = { ...law, weight };
  return { ...changed, spread: (law.spread * width(changed)) / width(law) };
}

// The component of each point, (n,): the nearest, or -1 beyond `within` standard deviations of all.
export function modeOf(law, points, within = 3) {
  return Array.from({ length: points.length / 2 }, (_, i) => {
    let [least, nearest] = [Infinity, -1];
    law.mean.forEach(([x, y], k) => {
      const apart = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
      if (apart / law.variance[k] < least) [least, nearest] = [apart / law.variance[k], k];
    });
    return Math.sqrt(least) <= within ? nearest : -1;
  });
}

// The law of x given a condition near the point `at`: for a law of pairs p(x | y = at), for
// another one the law of the mode at that point alone.
export function conditioned(law, at) {
  if (!law.pair) {
    const nearest = modeOf(law, at, Infinity)[0];
    const own = law.mode.map(mode => (mode === law.mode[nearest] ? 1 : 0));
    const count = own.reduce((sum, one) => sum + one, 0);
    return { ...law, weight: own.map(one => one / count) };
  }
  const { mean, slope } = law.pair;
  const apart = mean.map(([x, y]) => (at[0] - x) ** 2 + (at[1] - y) ** 2);
  const logs = law.weight.map((w, k) => Math.log(w) - apart[k] / (2 * law.variance[k]));
  const most = Math.max(...logs);
  const weight = logs.map(value => Math.exp(value - most));
  const total = weight.reduce((sum, w) => sum + w, 0);
  return {
    ...law,
    weight: weight.map(w => w / total),
    mean: law.mean.map((m, k) => m.map((c, d) => c + slope * (at[d] - mean[k][d]))),
    variance: law.variance.map(v => v * (1 - slope * slope)),
  };
}
