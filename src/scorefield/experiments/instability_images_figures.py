"""The instability study of images as figures and pictures."""

from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Images
from scorefield.core.errors import InputError
from scorefield.core.results import IMAGE_ROLES, ImageScores
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.instability_images_report import CALIBRATION, of_images, special
from scorefield.experiments.instability_maps import frame_times
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.pipeline.records import load_records
from scorefield.plots.areas import areas
from scorefield.plots.by_level import by_level
from scorefield.plots.calibration import calibration
from scorefield.plots.instability_maps import along_trajectory, most_and_least, pixel_maps
from scorefield.plots.names import BLACK, BLUE, GRAY, RED

KNOWN = {
    "auroc": "unseen class against the others",
    "error": "with the network's squared error",
    "confidence": "with the classifier's confidence",
    "clean_density": "with -log p of the image",
    "distance": "with distance to training images",
    "png": "with size as PNG file",
}
BEYOND = {  # given density, distance and size
    "error_partial": "with the network's squared error",
    "confidence_partial": "with the classifier's confidence",
    "mistake_partial": "with the classifier's mistakes",
}
AREAS = {  # file -> figures and title
    "known": (KNOWN, "What scores detect: AUROC and rank correlations"),
    "beyond": (BEYOND, "Partial rank correlations, given density, distance and size as PNG file"),
}
HEADLINE = (  # in the JSON file
    *("auroc", "auroc_gain", "error", "error_partial", "error_gain"),
    *("confidence_partial", "confidence_gain", "mistake_partial", "mistake_gain"),
)
LEVEL_COLOURS = (BLUE, GRAY, RED, BLACK)  # network, exact law, network without the class, error
TRAJECTORY = "From noise to samples: x_t, posterior mean and variance, each map by its maximum"
BEFORE = {"model": "", "control": "control_", "withheld": "withheld_"}


def report_images(
    name: str, spec: dict[str, Any], data: Images
) -> tuple[pandas.DataFrame, dict[str, float]]:
    """The table of scores of images, and the figures of `headline`; pictures are drawn. Raises
    InputError for an evaluator that reads no images."""
    (found,) = load_records(f"samples/{name}-instability.safetensors", ImageScores)
    evaluator, levels = load_evaluator(spec["evaluator"]), spec["levels"]
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"instability.{name}.evaluator: expected a network that reads images")
    table, folder = of_images(found, data, levels, evaluator), f"plots/instability/{name}"
    names = role_names(data)
    for file, (figures, title) in AREAS.items():
        shown = {key: said for key, said in figures.items() if key in set(table["figure"])}
        said = f"{title}, {len(found.images)} test images; bars: 95 % intervals"
        areas(table, shown, names, f"{folder}/{file}.png", said)
    draw_images(found, levels, names, folder)
    draw_levels(found, data, levels, names, f"{folder}/levels.png")
    draw_calibration(found, table, levels, names, f"{folder}/calibration.png")
    held = special(found, data)
    return table, headline(table) | {"n": len(held), "n_special": int(held.sum())}


def role_names(data: Images) -> dict[str, str]:
    """What the denoisers are called in pictures."""
    unseen = "" if data.special_class is None else f" that saw no {data.special_class}"
    return {"model": "network", "control": "exact law", "withheld": f"network{unseen}"}


def headline(table: pandas.DataFrame) -> dict[str, float]:
    """Figures as metrics, with _low and _high for the ends of their 95 % intervals: of each score
    the means over levels, as [control_ or withheld_]score_figure, where intervals are averaged as
    if levels shared all of their noise; and the calibration at each level, as figure_level."""
    figures: dict[str, float] = {}
    ends = {"mean": "", "low": "_low", "high": "_high"}
    chosen = table[table["figure"].isin(HEADLINE)]
    means = chosen.groupby(["role", "score", "figure"])[[*ends]].mean().reset_index()
    means["key"] = means["score"] + "_" + means["figure"]
    lines = table[table["figure"].isin(CALIBRATION)]
    lines = lines.assign(key=lines["figure"] + lines["level"].map("_{:g}".format))
    for row in (*means.to_dict("records"), *lines.to_dict("records")):
        key = f"{BEFORE[row['role']]}{row['key']}"
        figures |= {f"{key}{end}": row[part] for part, end in ends.items()}
    return {key: value for key, value in figures.items() if value == value}


def draw_images(
    found: ImageScores, levels: list[float], names: dict[str, str], folder: str
) -> None:
    """The most and the least unstable images and the maps of pixels at each level, and the maps
    along trajectories."""
    roles = [*enumerate(IMAGE_ROLES)]
    for j, level in enumerate(levels):
        title = f"posterior variance by the network, noise level {level:g}, sum over pixels"
        most_and_least(
            found.images, found.scores["trace"][0, j], title, f"{folder}/unstable-{level:g}.png"
        )
        clean = {"test image": found.images[found.maps.index]}
        clean["posterior mean\nby the network"] = found.maps.mean[0, j]
        maps = {f"variance,\n{names[role]}": found.maps.variance[i, j] for i, role in roles}
        title = f"Posterior mean and variance of each pixel at noise level {level:g}"
        pixel_maps(clean, maps, title, f"{folder}/pixels-{level:g}.png")
    times = [f"t = {t:.2f}" for t in frame_times(len(found.frames.x))]
    along_trajectory(found.frames, f"{folder}/trajectory.png", times, TRAJECTORY)


def draw_levels(
    found: ImageScores, data: Images, levels: list[float], names: dict[str, str], path: str
) -> None:
    """The score `trace` against the noise level: of the class that the withheld model never saw
    (dashed) and of the others; with the exact value, and the squared error of the network."""
    held, curves, styles = special(found, data), {}, {}
    exact = found.exact.variance.flatten(2).sum(2)
    values = {
        f"variance, {names[role]}": found.scores["trace"][i] for i, role in enumerate(IMAGE_ROLES)
    }
    values |= {
        f"variance, {names['control']}": exact,
        "squared error of the network": found.error[0],
    }
    for (name, value), colour in zip(values.items(), LEVEL_COLOURS, strict=True):
        curves[name] = value[:, ~held]
        styles[name] = {"color": colour, "marker": "o"}
        if held.any():
            said = f"{name}: unseen class"
            curves[said] = value[:, held]
            styles[said] = {"color": colour, "marker": "o", "ls": "--", "fillstyle": "none"}
    title = f"{len(held)} test images, {int(held.sum())} of the unseen class; bars: 95 % intervals"
    by_level(levels, curves, styles, title, path)


def draw_calibration(
    found: ImageScores,
    table: pandas.DataFrame,
    levels: list[float],
    names: dict[str, str],
    path: str,
) -> None:
    """The network's score `trace` and the exact law's own against the exact posterior variance."""
    scores = {names[role]: found.scores["trace"][i] for role, i in (("model", 0), ("control", 1))}
    mine = table[(table["role"] == "model") & (table["figure"] == "slope")].set_index("level")
    notes = [
        f"network: slope {r['mean']:.2f} [{r['low']:.2f}, {r['high']:.2f}]"
        for _, r in mine.iterrows()
    ]
    exact: Tensor = torch.sum(found.exact.variance.flatten(2), 2)
    calibration(exact, scores, levels, notes, path)
