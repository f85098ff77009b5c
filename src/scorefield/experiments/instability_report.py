"""What instability scores of points know: of the special mode, and of the truth. And the report of
any entry of `instability`."""

from collections.abc import Iterator
from typing import Any

import pandas
from torch import Tensor

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.results import ROLES, PointScores
from scorefield.data.layouts import REGIMES
from scorefield.experiments.instability_images_figures import report_images
from scorefield.metrics.ranking import auroc, mean_se, spearman
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records
from scorefield.plots.areas import areas
from scorefield.plots.heat import heat

SHOWN = {  # heat maps: regime and layout
    "withheld": ("withheld", 0),
    "rare": ("rare", 0),
    "decoy": ("withheld", 6),
}
KNOWN = {
    "auroc_train": "unseen mode against training data",
    "auroc": "unseen mode against points as far out",
    "auroc_decoy": "unseen mode against its mirror image",
    "truth": "rank correlation with the true error",
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
    count = int((data.regime == REGIMES.index("withheld")).sum())
    areas(
        withheld,
        KNOWN,
        {"model": "network", "control": "exact denoiser"},
        f"plots/instability/{name}/known.png",
        f"Means over {count} layouts; bars: 95 % intervals",
    )
    return table, withheld


def instability_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `instability`. Raises InputError for data of
    another kind."""
    data = load_dataset(spec["data"])
    if isinstance(data, Layouts):
        whole, shown = report_points(name, spec["levels"], data)
        figures = flat(shown) | {"n": int((data.regime == REGIMES.index("withheld")).sum())}
    elif isinstance(data, Images):
        whole, figures = report_images(name, spec, data)
    else:
        raise InputError(f"instability.{name}: expected data of layouts or images")
    save_json(f"metrics/instability/{name}.json", figures)
    save_table(f"metrics/instability/{name}.csv", whole)
