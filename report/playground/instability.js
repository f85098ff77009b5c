// Instability scores of an exact denoiser, by closed forms (instability/*.py estimate them).

import { cumulants } from "playground/laws";

const LEAST = 1e-8; // keeps the logarithm finite where a score vanishes

// [score, its gradient in x] of one point from the posterior's cumulants; the gradient of its
// covariance is alpha / sigma^2 times its third cumulant.
export const SCORES = {
  frobenius: ([alpha, sigma], { c, k }) => {
    const [squares, scale] = [c[0] ** 2 + 2 * c[1] ** 2 + c[2] ** 2, (alpha / sigma) ** 4 / 2];
    const along = [0, 1].map(i => 2 * (c[0] * k[i] + 2 * c[1] * k[i + 1] + c[2] * k[i + 2]));
    return [scale * squares, along.map(g => (scale * g * alpha) / sigma ** 2)];
  },
  trace: ([alpha, sigma], { c, k }) => [
    c[0] + c[2],
    [k[0] + k[2], k[1] + k[3]].map(g => (g * alpha) / sigma ** 2),
  ],
  eigenvalue: ([alpha, sigma], { c, k }) => {
    const half = (c[0] - c[2]) / 2;
    const root = Math.hypot(half, c[1]);
    const scale = (alpha / sigma) ** 2;
    const along = [0, 1].map(i => {
      const turned = root > 0 ? (half * (k[i] - k[i + 2])) / 2 + c[1] * k[i + 1] : 0;
      return (k[i] + k[i + 2]) / 2 + (root > 0 ? turned / root : 0);
    });
    const value = scale * ((c[0] + c[2]) / 2 + root);
    return [value, along.map(g => (scale * g * alpha) / sigma ** 2)];
  },
};

// A score of points, (n,).
export function instability(name, law, levels, points) {
  return Float64Array.from({ length: points.length / 2 }, (_, i) => {
    const found = cumulants(law, levels, points[2 * i], points[2 * i + 1]);
    return SCORES[name](levels, found)[0];
  });
}

// The gradient of the logarithm of a score at points, (2 n,).
export function logGradient(name, law, levels, points) {
  const found = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const moments = cumulants(law, levels, points[i], points[i + 1]);
    const [value, slope] = SCORES[name](levels, moments);
    if (value <= LEAST) continue;
    found[i] = slope[0] / value;
    found[i + 1] = slope[1] / value;
  }
  return found;
}
