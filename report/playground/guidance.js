// Guidance: from a denoiser of a law to a denoiser, as in core/tilt.py and guidance/*.py.

import { expected } from "playground/laws";
import { logGradient } from "playground/instability";
import { within } from "playground/schedules";

// x_0 + scale sigma / alpha u(x_t, t, x_0) at noise levels sigma / alpha in [low, high] units.
function shifted(denoiser, direction, { scale, low, high }, unit = 1) {
  const { schedule } = denoiser;
  const at = (x, t) => {
    const x0 = denoiser.at(x, t);
    if (scale === 0 || !within(schedule, t, low * unit, high * unit)) return x0;
    const [alpha, sigma] = schedule(t);
    const u = direction(x, t, x0);
    return x0.map((value, i) => value + ((scale * sigma) / alpha) * u[i]);
  };
  return { ...denoiser, at };
}

// Pairs scaled to a root mean square of 1; those of a norm below `least` as if it were `least`.
function rmsNormalise(g, least = 0) {
  return g.map((value, i) => {
    const norm = Math.hypot(g[i - (i % 2)], g[i - (i % 2) + 1]);
    return (Math.SQRT2 * value) / Math.max(norm, least, 1e-300);
  });
}

export const GUIDANCES = {
  none: denoiser => denoiser,

  // Along the gradient of the log instability (MUE).
  ibg: (denoiser, law, { score, trust, ...knobs }) => {
    const { schedule } = denoiser;
    const direction = (x, t) =>
      rmsNormalise(logGradient(score, law, schedule(t), x), trust / schedule(t)[1]);
    return shifted(denoiser, direction, knobs, law.spread);
  },

  // Along the predicted noise: a control of the same size.
  minus_score: (denoiser, law, knobs) => {
    const direction = (x, t, x0) => {
      const [alpha, sigma] = denoiser.schedule(t);
      return rmsNormalise(x.map((value, i) => (value - alpha * x0[i]) / sigma));
    };
    return shifted(denoiser, direction, knobs, law.spread);
  },

  // Along the gradient of log q_t(x) / p_t(x), with q the law given the condition. By Tweedie's
  // formula the gradient is alpha / sigma^2 times the difference of the two posterior means.
  ratio: (denoiser, law, { target, ...knobs }) => {
    const direction = (x, t, x0) => {
      const [alpha, sigma] = denoiser.schedule(t);
      const matched = expected(target, [alpha, sigma], x);
      return matched.map((value, i) => (alpha / sigma) * (value - x0[i]));
    };
    return shifted(denoiser, direction, knobs);
  },
};
