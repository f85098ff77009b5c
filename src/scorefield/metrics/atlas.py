"""What instability scores know: of the special mode or class, of the truth, of plain looks."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pandas
import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image

from scorefield.core.denoiser import Model
from scorefield.core.files import to_bytes
from scorefield.metrics.coherence import read, special
from scorefield.metrics.ranking import auroc, auroc_se, mean_se, spearman

ROLES = ("model", "control")
PARTS = 4  # special, train, junk, decoy, in equal numbers


def of_points(
    found: dict[str, Tensor], data: dict[str, Tensor], levels: list[float], names: list[str]
) -> pandas.DataFrame:
    """One row a role, level, score, regime and figure: its mean over layouts and standard error.

    `auroc` is the special mode against junk as far out, `auroc_train` against training data,
    `auroc_decoy` against the place of a mode in no regime; `truth` Spearman's correlation with the
    model's true error; `error` the mean distance of the score from that of the exact denoiser with
    the same probes, over the sum of both: 0 where they agree, 1 where they have nothing in common.
    """
    rows, miss = [], (found["mean"][0] - found["mean"][1]).norm(dim=-1)
    for name in names:
        for i, role in enumerate(ROLES):
            for j, level in enumerate(levels):
                for figure, value in of_score(found[name][:, j], i, miss[j]):
                    for regime in data["regime"].unique().tolist():
                        mine = (data["regime"] == regime) & ~value.isnan()
                        if figure == "auroc_decoy":
                            mine &= ~data["decoy"].isnan().any(-1)
                        mean, error = mean_se(value[mine])
                        key = {"score": name, "role": role, "level": level, "regime": regime}
                        rows.append(key | {"figure": figure, "mean": mean, "se": error})
    return pandas.DataFrame(rows)


def of_score(value: Tensor, role: int, miss: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Figures (E,) of one score at one level; value (2, 4 n, E), miss (4 n, E)."""
    held, train, junk, decoy = value[role].chunk(PARTS)
    for figure, other in (("auroc", junk), ("auroc_train", train), ("auroc_decoy", decoy)):
        yield figure, auroc(held, other)
    if role == 0:
        real = slice(0, 3 * len(held))
        yield "truth", spearman(value[0][real], miss[real])
        ours, exact = (v.chunk(PARTS)[1] for v in value)
        yield "error", (ours - exact).abs().mean(0) / (ours.abs() + exact.abs()).mean(0)


def looks(images: Tensor, data: dict[str, Tensor], judge: Model) -> dict[str, Tensor]:
    """What could explain a score without any instability, (N,): the judge's confidence, the
    distance to the nearest training image in pixels, the size as PNG in bytes."""
    nearest = torch.cdist(images.flatten(1), data["train"].flatten(1)).min(1).values
    sizes = torch.tensor([float(len(png(image))) for image in to_bytes(images)])
    confidence = read(images, judge)[1].max(1).values
    return {"confidence": confidence, "distance": nearest, "png": sizes}


def png(image: Tensor) -> bytes:
    """An image of bytes (C, H, W) as a PNG file."""
    content = BytesIO()
    to_pil_image(image).save(content, "PNG")
    return content.getvalue()


def of_images(
    found: dict[str, Tensor],
    data: dict[str, Tensor],
    levels: list[float],
    names: list[str],
    judge: Model,
) -> pandas.DataFrame:
    """One row a role, level, score and figure. `auroc`, where there is a special class, tells it
    from all others;
    `confidence`, `distance` and `png` are Spearman's correlations over the other classes."""
    images, label = found["points"], special(data)
    held = data["test_labels"][: len(images)] == (-1 if label is None else label)
    plain = {key: value[~held] for key, value in looks(images, data, judge).items()}
    rows = []
    for name in names:
        for i, role in enumerate(ROLES):
            for j, level in enumerate(levels):
                value = found[name][i, j]
                key: dict[str, Any] = {"score": name, "role": role, "level": level}
                if held.any():
                    area = auroc(value[held], value[~held]).item()
                    error = auroc_se(area, int(held.sum()), int((~held).sum()))
                    rows.append(key | {"figure": "auroc", "mean": area, "se": error})
                for figure, other in plain.items():
                    r = spearman(value[~held], other).item()
                    error = (1 - r**2) / (len(other) - 1) ** 0.5
                    rows.append(key | {"figure": figure, "mean": r, "se": error})
    return pandas.DataFrame(rows)


def flat(table: pandas.DataFrame) -> dict[str, float]:
    """Means over levels as metrics: score_figure and score_figure_se, with control_ before those
    of the control; errors are averaged as if levels shared all of their noise."""
    means = table.groupby(["role", "score", "figure"])[["mean", "se"]].mean()
    figures = {}
    for (role, score, figure), row in means.iterrows():
        key = f"{score}_{figure}" if role == "model" else f"control_{score}_{figure}"
        figures |= {key: float(row["mean"]), f"{key}_se": float(row["se"])}
    return figures
