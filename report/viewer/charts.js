// Curves by vega-lite, drawn when they come near the window.

const DECADES = Array.from({ length: 21 }, (_, i) => 10 ** (i - 10));
const dark = matchMedia("(prefers-color-scheme: dark)");

// The library is a text in the page; it runs when the first chart is drawn.
function library() {
  if (!window.vegaEmbed) {
    const script = document.createElement("script");
    script.textContent = document.getElementById("vega").textContent;
    document.head.append(script);
  }
  return window.vegaEmbed;
}

function colours() {
  const ink = getComputedStyle(document.body).color;
  const line = dark.matches ? "#3a4150" : "#d5dae1";
  return {
    background: "transparent",
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: ink, titleColor: ink, labelLimit: 220 },
    view: { stroke: line },
    range: { category: { scheme: "tableau10" } },
  };
}

function specification({ x, y, logarithmic, rows, floor }) {
  const kind = logarithmic ? "sampler" : "loss of";
  const across = logarithmic ? { type: "log", base: 2 } : {};
  const up = logarithmic ? { type: "log" } : { zero: false };
  const marks = logarithmic ? { values: DECADES } : { tickCount: 5 };
  const lines = { field: "sampler", type: "nominal", title: kind };
  const tooltip = [
    { field: "model" },
    { field: "sampler", title: kind },
    { field: "x", title: x },
    { field: "value", title: y, format: ".4g" },
  ];
  const bottom = { mark: { type: "rule", strokeDash: [2, 4] }, data: { values: [{ y: floor }] },
    encoding: { y: { field: "y", type: "quantitative" }, color: { value: "gray" } } };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    width: "container",
    height: 340,
    data: { values: rows },
    layer: [
      { mark: "line", encoding: { strokeDash: lines } },
      { mark: { type: "point", filled: true, size: 60 }, encoding: { detail: lines, tooltip } },
    ].map(layer => ({ ...layer, encoding: { ...layer.encoding,
      x: { field: "x", type: "quantitative", title: x, scale: across, axis: { tickCount: 6 } },
      y: { field: "y", type: "quantitative", title: y, scale: up, axis: marks },
      color: { field: "model", type: "nominal", title: "model" } } }))
      .concat(floor === null ? [] : [bottom]),
  };
}

async function draw(place, curve) {
  const [models, samplers] = ["model", "sampler"].map(key => place.parentElement.querySelector(`[data-${key}]`));
  const rows = curve.rows.filter(row =>
    (!models.value || row.model === models.value) && (!samplers.value || row.sampler === samplers.value));
  const narrow = place.clientWidth < 600 ? { legend: { orient: "bottom", columns: 1 } } : {};
  const config = colours();
  Object.assign(config.legend, narrow.legend);
  const options = { actions: false, renderer: "svg", config };
  await library()(place, specification({ ...curve, rows }), options);
  place.querySelector("svg")?.setAttribute("aria-label", curve.title);
}

export function startCharts() {
  const curves = JSON.parse(document.getElementById("curves-data").textContent);
  const seen = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target, curves[target.dataset.curve]);
      const again = () => draw(target, curves[target.dataset.curve]);
      for (const select of target.parentElement.querySelectorAll("select")) select.addEventListener("input", again);
      dark.addEventListener("change", again);
    }
  }, { rootMargin: "400px" });
  for (const place of document.querySelectorAll("[data-curve]")) seen.observe(place);
}
