// The playground of the page: its form, its picture and its player.

import { between, drawPaths, fillTable } from "playground/path_view";
import { drawHeat, drawParticles, drawPoint, drawRing, heat, toPoint } from "playground/picture";
import { chosenLaw, run, settings, shares } from "playground/plan";
import { Player } from "playground/player";
import { SAMPLERS } from "playground/sampling";
import { SCHEDULES, timeAt } from "playground/schedules";
import { state, stated } from "viewer/address";

const find = id => document.getElementById(id);
const FINE = 112; // cells a side of the heat, when nothing moves
const COARSE = 56;

const laws = JSON.parse(find("laws").textContent);
const [form, canvas, slider, button] = ["play-form", "play-canvas", "play-time", "play-button"].map(find);
const context = canvas.getContext("2d");
const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const player = new Player(draw, settle);
const DEFAULTS = settings(form);
let values = DEFAULTS;
let law = chosenLaw(laws, values);
let known = { key: "" }; // the heat that was computed last
let paths = [];
let clicks = 0;

const noiseLevel = () => Math.exp(values.level);

// The time of the heat: of the particles, or of the noise level that was chosen.
function heatTime() {
  const schedule = SCHEDULES[values.schedule];
  const moving = values.view === "particles" && values.follow;
  return moving ? player.time() : timeAt(schedule, noiseLevel());
}

function draw() {
  const schedule = SCHEDULES[values.schedule];
  const size = player.playing ? COARSE : FINE;
  const t = heatTime();
  const key = [t, size, dark(), values.law, values.weight, values.heat, values.score, values.marked].join();
  if (key !== known.key) {
    known = { key, ...heat(law, schedule(t), values, size, dark()) };
    explain(schedule(t));
  }
  drawHeat(context, known.image);
  if (law.special !== null && values.marked) {
    const [alpha, sigma] = schedule(t);
    const spread = Math.hypot(alpha * Math.sqrt(law.variance[law.special]), sigma);
    const at = law.mean[law.special].map(value => alpha * value);
    drawRing(context, at, 2 * Math.min(spread, 0.4), dark() ? "#ffd24d" : "#a3006d");
  }
  if (values.view === "paths") return drawPaths(context, paths, values, dark());
  drawParticles(context, ...player.around(), dark());
  if (values.guidance === "ratio") drawPoint(context, [values.cx, values.cy], "y", dark());
  slider.value = Math.floor(player.position);
}

const round = value => (value < 0.001 ? "0" : Number(value.toPrecision(2)).toString());

// The words below the picture.
function explain([alpha, sigma]) {
  const level = sigma < 1e4 * alpha ? round(sigma / alpha) : "infinite";
  const scored = `orange: instability (${values.score}, at most ${round(known.most)})`;
  const words = ["both", "density"].includes(values.heat) ? ["blue: density of x_t"] : [];
  if (known.most > 1e-6) words.push(scored);
  if (law.special !== null && values.marked) words.push("dashed ring: the marked mode");
  find("play-legend").textContent = [`Noise level ${level}`, ...words].join("; ");
}

// What the particles found in the end, and what the picture shows.
function describe() {
  const { view, sampler, steps } = values;
  if (view === "particles") find("play-status").textContent = shares(law, player.end());
  canvas.setAttribute("aria-label", view === "paths"
    ? `Three paths in the law ${values.law}; their figures are in the table below.`
    : `Particles of the law ${values.law} by ${sampler} in ${steps} steps.`);
}

function settle() {
  button.textContent = player.playing ? "Pause" : "Play";
  draw();
  describe();
}

// Show the controls of the view, and only samplers that the denoiser allows.
function fit() {
  const drawing = form.elements.denoiser.value === "draw";
  for (const option of form.elements.sampler.options) {
    option.disabled = drawing && Boolean(SAMPLERS[option.value].mean);
  }
  if (form.elements.sampler.selectedOptions[0].disabled) form.elements.sampler.value = "ddim";
  find("play-guidance").disabled = drawing;
  values = settings(form);
  for (const part of document.querySelectorAll("#playground [data-view]")) {
    part.hidden = part.dataset.view !== values.view;
  }
  document.querySelector("[data-guided]").hidden = values.guidance !== "ratio";
  law = chosenLaw(laws, values);
  document.querySelector("[data-special]").hidden = law.special === null;
  find("play-spread").hidden = values.guidance === "ratio"; // whose interval is of absolute levels
  find("play-spread").querySelector("b").textContent = law.spread.toPrecision(3);
  const shown = { level: round(noiseLevel()), weight: `${(100 * values.weight).toFixed(1)} %` };
  for (const output of form.querySelectorAll("[data-of]")) {
    output.value = shown[output.dataset.of] ?? values[output.dataset.of];
  }
}

// Compute what the settings ask for; the end is shown, unless it plays.
function refresh() {
  fit();
  if (values.view === "paths") {
    player.playing = false;
    paths = between(law, SCHEDULES[values.schedule], noiseLevel(), values);
    fillTable(find("play-paths"), paths);
  }
  player.load(run(law, values));
  slider.max = player.last;
  if (!player.playing) player.position = player.last;
  settle();
}

// Settings of the address or of an example; a new law brings its own weight of the marked mode.
function apply(words) {
  for (const [key, text] of Object.entries(words)) {
    const control = form.elements[key];
    if (!control || !(key in DEFAULTS)) continue;
    if (control.type === "checkbox") control.checked = text === "true";
    else control.value = text;
    if (key === "law" && words.weight === undefined) ownWeight();
  }
}

function ownWeight() {
  const found = laws.find(one => one.name === form.elements.law.value);
  if (found && found.special !== null) form.elements.weight.value = found.weight[found.special];
}

// Write what differs from the page's own settings into the address.
function remember() {
  const changed = Object.entries(values).map(([key, value]) =>
    [key, value === DEFAULTS[key] ? null : String(value)]);
  state("playground", Object.fromEntries(changed));
}

function onInput(event) {
  if (event.target.name === "law") ownWeight();
  refresh();
  remember();
}

function onExample(words) {
  const { play, ...wanted } = Object.fromEntries(new URLSearchParams(words));
  const level = wanted.noise === undefined ? {} : { level: Math.log(wanted.noise) };
  form.reset();
  apply({ ...wanted, ...level });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  player.playing = false;
  refresh();
  remember();
  if (play && !still) toggle();
}

function toggle() {
  if (player.playing) player.pause();
  else player.play();
  button.textContent = player.playing ? "Pause" : "Play";
}

// A click sets start and goal in turn, or the condition.
function onClick(event) {
  const names = values.view === "paths" ? ["a", "b"][clicks++ % 2] : values.guidance === "ratio" && "c";
  if (!names) return;
  const [x, y] = toPoint(canvas, event);
  form.elements[`${names}x`].value = x;
  form.elements[`${names}y`].value = y;
  refresh();
  remember();
}

function sized() {
  const side = Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2));
  if (side > 0 && side !== canvas.width) [canvas.width, canvas.height] = [side, side];
  draw();
}

form.addEventListener("input", onInput);
form.addEventListener("submit", event => event.preventDefault());
canvas.addEventListener("click", onClick);
button.addEventListener("click", toggle);
slider.addEventListener("input", () => {
  player.playing = false;
  player.seek(Number(slider.value));
  settle();
});
for (const example of document.querySelectorAll("[data-set]")) {
  example.addEventListener("click", () => onExample(example.dataset.set));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
ownWeight();
apply(stated());
refresh();
new ResizeObserver(sized).observe(canvas);
