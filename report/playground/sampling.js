// One run, as the library's `sf.sample` makes it: law, guidance and sampler to states of particles.

import { drawing, mean } from "playground/denoisers";
import { GUIDANCES } from "playground/guidance";
import { cosines, falling, logSnr, multistep, rising } from "playground/multistep";
import { edm, heun, walk } from "playground/samplers";
import { times } from "playground/schedules";

// Samplers with their spacing of times, and whether they need the posterior mean.
export const SAMPLERS = {
  ddim: { spacing: "time", run: (d, x, ts, randn) => walk(d, x, ts, randn, { churn: 0 }) },
  ancestral: { spacing: "time", run: (d, x, ts, randn, knobs) => walk(d, x, ts, randn, knobs) },
  heun: { spacing: "time", mean: true, run: heun },
  dpmpp: {
    spacing: "angle",
    mean: true,
    run: (d, x, ts, randn, { order }) =>
      multistep(d, x, ts, logSnr, falling(order, d.schedule, ts), false),
  },
  unipc: {
    spacing: "angle",
    mean: true,
    run: (d, x, ts, randn, { order }) =>
      multistep(d, x, ts, logSnr, falling(order, d.schedule, ts), true),
  },
  adams: {
    spacing: "angle",
    mean: true,
    run: (d, x, ts, randn, { order }) =>
      multistep(d, x, ts, cosines, rising(order, ts.length - 1), true),
  },
  edm: { spacing: "karras", mean: true, run: edm },
};

// {times, states}: the times of the steps, and a generator of x at each of them, first the noise.
// `randn` is a source of noise, called for the first x and then by draws and samplers in turn.
export function sample(plan, randn) {
  const { law, schedule, sampler, steps, guidance, draws, knobs } = plan;
  const base = draws ? drawing(law, schedule, randn) : mean(law, schedule);
  const denoiser = GUIDANCES[guidance.name](base, law, guidance);
  const { spacing, run } = SAMPLERS[sampler];
  const grid = times(schedule, steps, spacing);
  function* states() {
    const x = randn();
    yield x;
    yield* run(denoiser, x, grid, randn, knobs);
  }
  return { times: grid, states: states() };
}
