// Noise schedules and time grids, as in core/schedule.py and samplers/_spacing.py.
// x_t = alpha(t) x_0 + sigma(t) z, from data at t = 0 to noise at t = 1; a schedule maps t to
// [alpha, sigma].

export const SCHEDULES = {
  cosine: t => [Math.cos((t * Math.PI) / 2), Math.sin((t * Math.PI) / 2)],
  linear: t => [1 - t, t],
};

// The time at which sigma / alpha = noise / signal, by bisection.
export function timeAt(schedule, noise, signal = 1) {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    const [alpha, sigma] = schedule(middle);
    if (sigma * signal > noise * alpha) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

// Whether the noise level sigma / alpha of t is in [low, high].
export function within(schedule, t, low, high) {
  const [alpha, sigma] = schedule(t);
  return low * alpha <= sigma && sigma <= high * alpha;
}

// As many values, equidistant from the first to the last.
export function equidistant(first, last, count) {
  return Float64Array.from({ length: count }, (_, i) => first + ((last - first) * i) / (count - 1));
}

const LEAST = 0.01; // noise levels of karras and logsnr
const MOST = 80;
const COORDINATES = {
  karras: [level => level ** (1 / 7), c => c ** 7],
  logsnr: [Math.log, Math.exp],
};

// `steps` + 1 falling times from 1 to 0.
export function times(schedule, steps, spacing = "time") {
  const even = equidistant(1, 0, steps + 1);
  if (spacing === "time") return even;
  const angles = [1, 0].map(t => Math.atan2(schedule(t)[1], schedule(t)[0]));
  const grid = between(angles, steps + 1, spacing);
  return even.map((t, i) =>
    i === 0 || i === steps ? t : timeAt(schedule, Math.sin(grid[i]), Math.cos(grid[i])),
  );
}

// Angles atan(sigma / alpha) of a grid between two of them, ends included.
function between([first, last], count, spacing) {
  if (spacing === "angle") return equidistant(first, last, count);
  const [forward, back] = COORDINATES[spacing];
  const clamp = angle => Math.min(Math.max(angle, Math.atan(LEAST)), Math.atan(MOST));
  const extra = clamp(last) > last ? 1 : 0; // the last step is from the least level to the end
  const ends = [first, last].map(angle => forward(Math.tan(clamp(angle))));
  const levels = equidistant(...ends, count - extra);
  return [...levels.map(c => Math.atan(back(c))), ...(extra ? [last] : [])];
}
