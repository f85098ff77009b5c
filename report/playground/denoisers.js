// Denoisers: {schedule, draws, at(x, t) -> x_0} of points (2 n,), the posterior mean or a draw.

import { draw, expected } from "playground/laws";
import { ndtr, ndtri } from "playground/normal";

// E[x_0 | x_t].
export function mean(law, schedule) {
  return { schedule, draws: false, at: (x, t) => expected(law, schedule(t), x) };
}

// Draws from p(x_0 | x_t), which is what DDDM learns (De Bortoli et al. 2025).
export function drawing(law, schedule, randn) {
  const at = (x, t) => draw(law, schedule(t), x, randn(x), ndtr, ndtri);
  return { schedule, draws: true, at };
}

// grad log p_t at points, by Tweedie's formula.
export function score(denoiser, x, t) {
  const [alpha, sigma] = denoiser.schedule(t);
  const x0 = denoiser.at(x, t);
  return x.map((value, i) => (alpha * x0[i] - value) / sigma ** 2);
}
