"""What instability scores know: of the special mode or class, of the truth, of plain looks."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pandas
import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from scorefield.core.datasets import Images, Layouts
from scorefield.core.files import to_bytes
from scorefield.core.studies import ROLES, ImageSurvey, PointSurvey
from scorefield.metrics.evaluators import FeatureEvaluator
from scorefield.metrics.ranking import auroc, auroc_se, mean_se, spearman

PARTS = 4  # special, train, junk, decoy, in equal numbers
Row = dict[str, Any]


def of_points(found: PointSurvey, data: Layouts, levels: list[float]) -> pandas.DataFrame:
    """One row a role, level, score, regime and figure: its mean over layouts and standard error.

    `auroc` is the special mode against junk as far out, `auroc_train` against training data,
    `auroc_decoy` against the place of a mode in no regime; `truth` Spearman's correlation with the
    model's true error; `error` the mean distance of the score from that of the exact denoiser with
    the same probes, over the sum of both: 0 where they agree, 1 where they have nothing in common.
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
    held, train, junk, decoy = value[role].chunk(PARTS)
    for figure, other in (("auroc", junk), ("auroc_train", train), ("auroc_decoy", decoy)):
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
    found: ImageSurvey, data: Images, levels: list[float], evaluator: FeatureEvaluator
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
