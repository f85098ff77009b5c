"""What instability scores know: of the special mode or class, of the truth, of plain looks."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pandas
import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import ROLES, ImageScores, PointScores
from scorefield.data.layouts import REGIMES
from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.ranking import auroc, auroc_se, mean_se, spearman
from scorefield.pipeline.files import load_dataset, save_json, save_table, to_bytes
from scorefield.pipeline.records import load_records
from scorefield.plots.areas import areas
from scorefield.plots.heat import heat
from scorefield.plots.instability_maps import along_trajectory, most_and_least

SHOWN = {  # heat maps: regime and layout
    "withheld": ("withheld", 0),
    "rare": ("rare", 0),
    "decoy": ("withheld", 6),
}
KNOWN = {
    "auroc_train": "special mode against training data",
    "auroc": "against off-mode points as far out",
    "auroc_decoy": "against a decoy",
    "truth": "correlation with the true error",
}
LOOKS = {
    "auroc": "withheld class against the others",
    "confidence": "correlation with confidence",
    "distance": "with distance to training images",
    "png": "with size as PNG",
}
PARTS = 4  # special, train, off_mode, decoy, in equal numbers
Row = dict[str, Any]


def of_points(found: PointScores, data: Layouts, levels: list[float]) -> pandas.DataFrame:
    """One row a role, level, score, regime and figure: its mean over layouts and standard error.

    `auroc` is the special mode against off-mode points as far out, `auroc_train` against training
    data, `auroc_decoy` against the place of a mode in no regime; `truth` Spearman's correlation
    with the model's true error; `error` the mean distance of the score from that of the exact
    denoiser with the same probes, over the sum of both: 0 where they agree, 1 where they have
    nothing in common.
    """
    rows: list[Row] = []
    miss = (found.mean[0] - found.mean[1]).norm(dim=-1)
    for name in sorted(found.scores):
        for i, role in enumerate(ROLES):
            for j, level in enumerate(levels):
                place = {"score": name, "role": role, "level": level}
                for figure, value in of_score(found.scores[name][:, j], i, miss[j]):
                    rows += [place | row for row in by_regime(figure, value, data)]
    return pandas.DataFrame(rows)


def by_regime(figure: str, value: Tensor, data: Layouts) -> Iterator[Row]:
    """A row a regime: the mean of a figure (E,) over its layouts, and its standard error."""
    for regime in data.regime.unique().tolist():
        mine = (data.regime == regime) & ~value.isnan()
        if figure == "auroc_decoy":
            mine &= data.has_decoy
        mean, error = mean_se(value[mine])
        yield {"regime": regime, "figure": figure, "mean": mean, "se": error}


def of_score(value: Tensor, role: int, miss: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Figures (E,) of one score at one level; value (2, 4 n, E), miss (4 n, E)."""
    held, train, off_mode, decoy = value[role].chunk(PARTS)
    for figure, other in (("auroc", off_mode), ("auroc_train", train), ("auroc_decoy", decoy)):
        yield figure, auroc(held, other)
    if ROLES[role] == "model":
        real = slice(0, 3 * len(held))
        yield "truth", spearman(value[0][real], miss[real])
        ours, exact = (each.chunk(PARTS)[1] for each in value)
        yield "error", (ours - exact).abs().mean(0) / (ours.abs() + exact.abs()).mean(0)


def looks(images: Tensor, data: Images, evaluator: FeatureEvaluator) -> dict[str, Tensor]:
    """What could explain a score without any instability, (N,): the `confidence` of an evaluator
    that knows the data's classes, the `distance` to the nearest training image in pixels, and the
    size as `png` in bytes."""
    nearest = torch.cdist(images.flatten(1), data.train.flatten(1)).min(1).values
    sizes = torch.tensor([float(len(png(image))) for image in to_bytes(images)])
    found = {"distance": nearest, "png": sizes}
    chance = evaluator.read(images).probabilities
    return found if chance is None else {"confidence": chance.max(1).values} | found


def png(image: Tensor) -> bytes:
    """An image of bytes (C, H, W) as a PNG file."""
    content = BytesIO()
    to_pil_image(image).save(content, "PNG")
    return content.getvalue()


def of_images(
    found: ImageScores, data: Images, levels: list[float], evaluator: FeatureEvaluator
) -> pandas.DataFrame:
    """One row a role, level, score and figure. `auroc`, where there is a special class, tells it
    from all others; those of `looks` are Spearman's correlations over the other classes."""
    special = -1 if data.special_class is None else data.special_class
    held = data.test_labels[: len(found.images)] == special
    plain = {key: value[~held] for key, value in looks(found.images, data, evaluator).items()}
    rows: list[Row] = []
    for name in sorted(found.scores):
        for i, role in enumerate(ROLES):
            for j, level in enumerate(levels):
                place = {"score": name, "role": role, "level": level}
                figures = of_image_score(found.scores[name][i, j], held, plain)
                rows += [place | row for row in figures]
    return pandas.DataFrame(rows)


def of_image_score(value: Tensor, held: Tensor, plain: dict[str, Tensor]) -> Iterator[Row]:
    """Figures of one score (N,), where `held` (N,) is what is of the special class."""
    if held.any():
        area = auroc(value[held], value[~held]).item()
        error = auroc_se(area, int(held.sum()), int((~held).sum()))
        yield {"figure": "auroc", "mean": area, "se": error}
    for figure, other in plain.items():
        r = spearman(value[~held], other).item()
        yield {"figure": figure, "mean": r, "se": (1 - r**2) / (len(other) - 1) ** 0.5}


def flat(table: pandas.DataFrame) -> dict[str, float]:
    """Means over levels as metrics: score_figure and score_figure_se, with control_ before those
    of the control; errors are averaged as if levels shared all of their noise."""
    means = table.groupby(["role", "score", "figure"])[["mean", "se"]].mean().reset_index()
    figures: dict[str, float] = {}
    for row in means.to_dict("records"):
        before = "" if row["role"] == "model" else "control_"
        key = f"{before}{row['score']}_{row['figure']}"
        figures |= {key: row["mean"], f"{key}_se": row["se"]}
    return figures


def report_points(name: str, levels: list[float], data: Layouts) -> tuple[pandas.DataFrame, ...]:
    """The table of scores of points, and the part of it that is shown; pictures are drawn."""
    (found,) = load_records(f"samples/{name}-instability.safetensors", PointScores)
    for title, (regime, layout) in SHOWN.items():
        mine = (data.regime == REGIMES.index(regime)) & (data.layout == layout)
        for member in mine.nonzero().flatten().tolist():
            marks = {regime: data.mean[member, 0]}
            if title == "decoy":
                marks["decoy"] = data.decoy[member]
            path = f"plots/instability/{name}/{title}.png"
            heat(found.heat, member, levels, data.train[:, member], marks, path)
    table = of_points(found, data, levels)
    withheld = table[table["regime"] == REGIMES.index("withheld")].drop(columns="regime")
    areas(
        withheld,
        KNOWN,
        {"model": "network", "control": "exact"},
        f"plots/instability/{name}/known.png",
    )
    return table, withheld


def report_images(name: str, spec: dict[str, Any], data: Images) -> tuple[pandas.DataFrame, ...]:
    """The table of scores of images, all of which is shown; pictures are drawn."""
    (found,) = load_records(f"samples/{name}-instability.safetensors", ImageScores)
    evaluator, levels = load_evaluator(spec["evaluator"]), spec["levels"]
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"instability.{name}.evaluator: expected a network that reads images")
    table = of_images(found, data, levels, evaluator)
    for i, level in enumerate(levels):
        title = f"posterior variance at sigma / alpha = {level:g}"
        path = f"plots/instability/{name}/unstable-{level:g}.png"
        most_and_least(found.images, found.scores["trace"][0, i], title, path)
    along_trajectory(found.frames, f"plots/instability/{name}/trajectory.png")
    roles = {role: spec[role] for role in ROLES}
    shown = {key: title for key, title in LOOKS.items() if key in set(table["figure"])}
    areas(table, shown, roles, f"plots/instability/{name}/known.png")
    return table, table


def instability_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `instability`. Raises InputError for data of
    another kind."""
    data = load_dataset(spec["data"])
    if isinstance(data, Layouts):
        whole, shown = report_points(name, spec["levels"], data)
    elif isinstance(data, Images):
        whole, shown = report_images(name, spec, data)
    else:
        raise InputError(f"instability.{name}: expected data of layouts or images")
    save_json(f"metrics/instability/{name}.json", flat(shown))
    save_table(f"metrics/instability/{name}.csv", whole)
