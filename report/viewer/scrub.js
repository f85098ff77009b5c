// Sliders over pictures: the frames of a filmstrip, and one picture for each noise level.

const ACROSS = 4; // tiles in a row of a frame

// One column of a filmstrip (samples below each other, time from left to right) as a block; tiles
// are square and have a frame of one pixel.
function frame(canvas, image, i, tile) {
  const context = canvas.getContext("2d");
  const size = tile - 2;
  for (let row = 0; row < image.naturalHeight / tile; row++) {
    const [column, line] = [row % ACROSS, Math.floor(row / ACROSS)];
    const place = [column * (size + 1), line * (size + 1), size, size];
    context.drawImage(image, i * tile + 1, row * tile + 1, size, size, ...place);
  }
}

function strip(figure) {
  const [canvas, slider, words] = ["canvas", "input", "output"].map(tag => figure.querySelector(tag));
  const steps = JSON.parse(figure.dataset.steps);
  const image = new Image();
  const tile = () => image.naturalWidth / steps.length;
  const show = () => {
    const i = Number(slider.value);
    frame(canvas, image, i, tile());
    words.textContent = `step ${steps[i]} of ${steps[steps.length - 1]}`;
  };
  image.addEventListener("load", () => {
    const samples = image.naturalHeight / tile();
    canvas.width = Math.min(ACROSS, samples) * (tile() - 1) - 1;
    canvas.height = Math.ceil(samples / ACROSS) * (tile() - 1) - 1;
    show();
  });
  image.src = figure.dataset.film;
  slider.addEventListener("input", show);
}

function levels(figure) {
  const [slider, words] = ["input", "output"].map(tag => figure.querySelector(tag));
  const pictures = [...figure.querySelectorAll("img")];
  const show = () => {
    pictures.forEach((picture, i) => { picture.hidden = i !== Number(slider.value); });
    words.textContent = `noise level ${pictures[slider.value].dataset.level}`;
  };
  slider.addEventListener("input", show);
  show();
}

export function startScrubbers() {
  document.querySelectorAll("figure[data-steps]").forEach(strip);
  document.querySelectorAll("figure[data-levels]").forEach(levels);
}
