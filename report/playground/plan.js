// From the settings of the form to what is computed.

import { conditioned, modeOf, reweighted } from "playground/laws";
import { streams } from "playground/noise";
import { sample } from "playground/sampling";
import { SCHEDULES } from "playground/schedules";

// Numbers that no control changes: the sections of params.yaml.
const KNOBS = { order: 3, low: 0.05, high: 50, noise: 1.003 };
const ORDER = { dpmpp: 2, unipc: 3, adams: 3 };
const CHURN = { ancestral: 1, edm: 40 };
const TRUST = 0.05;

// The settings of the form: texts, numbers and for a box whether it is ticked, by name.
export function settings(form) {
  const found = { view: form.elements.view.value };
  for (const { name, type, value, defaultValue, checked } of form.elements) {
    if (!name || type === "radio") continue;
    const number = type === "number" || type === "range";
    found[name] = type === "checkbox" ? checked : number ? Number(value || defaultValue) : value;
  }
  return { ...found, n: Number(found.n) };
}

// The law of the settings, from the laws of the page.
export function chosenLaw(laws, { law, weight }) {
  const found = laws.find(one => one.name === law);
  return found.special === null ? found : reweighted(found, weight);
}

// The run of the settings: {times, states}.
export function run(law, values) {
  const { sampler, steps, schedule, seed, n } = values;
  const draws = values.denoiser === "draw";
  const guidance = {
    name: draws ? "none" : values.guidance,
    scale: values.scale,
    score: values.score,
    low: values.guidance === "ratio" ? 0 : values.low,
    high: values.guidance === "ratio" ? 50 : values.high,
    trust: TRUST,
    target: conditioned(law, [values.cx, values.cy]),
  };
  const knobs = { ...KNOBS, order: ORDER[sampler], churn: CHURN[sampler] };
  const plan = { law, schedule: SCHEDULES[schedule], sampler, steps, guidance, draws, knobs };
  return sample(plan, streams(seed, n));
}

const percent = share => `${(100 * share).toFixed(1)} %`;

// What the particles found: the shares of the marked mode and of no mode.
export function shares(law, points) {
  const modes = modeOf(law, points);
  const share = which => modes.filter(which).length / modes.length;
  const off = share(k => k < 0);
  const words = [`${percent(off)} of the particles end in no mode.`];
  if (law.special !== null) {
    const found = share(k => k === law.special);
    const error = Math.sqrt((found * (1 - found)) / modes.length);
    const own = percent(law.weight[law.special]);
    words.unshift(`${percent(found)} ± ${percent(error)} of the particles end in the marked mode, whose weight is ${own}.`);
  }
  return words.join(" ");
}
