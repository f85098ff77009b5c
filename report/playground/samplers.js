// Samplers of one step, as in core/bridge.py and samplers/*.py: generators over x after each step.

import { timeAt, within } from "playground/schedules";

// x_s = alpha_s x_0 + sigma_s (rho z + sqrt(1 - rho^2) noise), z computed from x_t and x_0.
function bridge(schedule, x, x0, t, s, rho, randn) {
  const [[alphaT, sigmaT], [alphaS, sigmaS]] = [schedule(t), schedule(s)];
  const fromX = (sigmaS * rho) / sigmaT;
  const fresh = sigmaS * Math.sqrt(Math.max(0, 1 - rho * rho));
  const noise = fresh > 0 ? randn(x) : null;
  return x.map((value, i) => {
    const mean = fromX * value + (alphaS - alphaT * fromX) * x0[i];
    return noise ? mean + fresh * noise[i] : mean;
  });
}

// rho = 1 - churn^2 (1 - r): churn 0 is DDIM, churn 1 DDPM's ancestral step.
export function* walk(denoiser, x, times, randn, { churn }) {
  const { schedule } = denoiser;
  for (let i = 0; i + 1 < times.length; i++) {
    const [t, s] = [times[i], times[i + 1]];
    const [[alphaT, sigmaT], [alphaS, sigmaS]] = [schedule(t), schedule(s)];
    const r = (alphaT * sigmaS) / (alphaS * sigmaT);
    x = bridge(schedule, x, denoiser.at(x, t), t, s, 1 - churn ** 2 * (1 - r), randn);
    yield x;
  }
}

// One step of Heun's method on the flow in the angle atan(sigma / alpha) (Karras et al. 2022).
function heunStep(denoiser, x, t, s) {
  const { schedule } = denoiser;
  const x0 = denoiser.at(x, t);
  const ahead = bridge(schedule, x, x0, t, s, 1);
  if (!(schedule(s)[1] > 0)) return ahead;
  const [vT, nT, phiT] = angular(schedule, x, x0, t);
  const [vS, nS, phiS] = angular(schedule, ahead, denoiser.at(ahead, s), s);
  return x.map((value, i) => nS * (value / nT + ((phiS - phiT) / 2) * (vT[i] + vS[i])));
}

// du / dphi, n and phi at x_t = x, with n^2 = alpha^2 + sigma^2 and u = x / n.
function angular(schedule, x, x0, t) {
  const [alpha, sigma] = schedule(t);
  const n = Math.hypot(alpha, sigma);
  const v = x.map((value, i) => ((alpha * (value - alpha * x0[i])) / sigma - sigma * x0[i]) / n);
  return [v, n, Math.atan2(sigma, alpha)];
}

export function* heun(denoiser, x, times) {
  for (let i = 0; i + 1 < times.length; i++) {
    x = heunStep(denoiser, x, times[i], times[i + 1]);
    yield x;
  }
}

// Heun with churn (Karras et al. 2022, algorithm 2).
export function* edm(denoiser, x, times, randn, { churn, low, high, noise }) {
  const { schedule } = denoiser;
  const more = Math.min(churn / Math.max(1, times.length - 1), Math.SQRT2 - 1);
  for (let i = 0; i + 1 < times.length; i++) {
    let t = times[i];
    if (more > 0 && within(schedule, t, low, high)) {
      [x, t] = raised(schedule, x, t, more, randn(x), noise);
    }
    x = heunStep(denoiser, x, t, times[i + 1]);
    yield x;
  }
}

// x and its time after the noise level grew by the factor 1 + more, at most to that of time 1.
function raised(schedule, x, t, more, xi, noise) {
  const [alpha, sigma] = schedule(t);
  const later = timeAt(schedule, (1 + more) * sigma, alpha);
  const [alphaLater, sigmaLater] = schedule(later);
  const scale = alphaLater / alpha;
  const added = Math.sqrt(Math.max(0, sigmaLater ** 2 - (scale * sigma) ** 2));
  return [x.map((value, i) => scale * value + added * noise * xi[i]), later];
}
