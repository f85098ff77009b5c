"""Gains of guidance by family and dimension of random laws, with their intervals."""

from typing import Any

import pandas
from matplotlib.axes import Axes

from scorefield.metrics.bootstrap import Z
from scorefield.plots.canvas import keep, side_legend, subplots
from scorefield.plots.names import styled

NAMES = {"ibg": "IBG", "random": "random direction", "minus_score": "against the score"}
SHADES = {1.0: 0.45, 2.0: 1.0}  # of the scales that are shown
NAMED = {"all": "all laws", "discs": "discs of unequal width", "dirichlet": "Dirichlet weights"}
TITLES = {"inside": "rare mode inside the others", "edge": "rare mode at the edge"}
FILLED = 0.7  # the part of a group's band that dots take


def gains(table: pandas.DataFrame, path: str) -> None:
    """Two panels, by the place of the rare mode: the gain of its rate over unguided samples, with
    95 % intervals, for all laws, each family and each dimension (bands), each variant (colour) and
    scale (pale: 1, dark: 2)."""
    table = table[table["scale"].isin([*SHADES])]
    labels = table.drop_duplicates(["by", "group"])
    figure, axes = subplots(1, 2, figsize=(10.5, 6.2), sharex=True, sharey=True)
    for axis, (place, title) in zip(axes, TITLES.items(), strict=True):
        panel(axis, table[table["place"] == place], labels)
        n = table[(table["place"] == place) & (table["by"] == "all")]["n"].max()
        axis.set(title=f"{title} ({n} laws)", xlabel="gain of the rare-mode rate (95 % interval)")
    names = [
        f"{row['group']} dimensions"
        if row["by"] == "dim"
        else NAMED.get(row["group"], row["group"])
        for _, row in labels.iterrows()
    ]
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    side_legend(figure, axes)
    keep(figure, path)


def panel(axis: Axes, table: pandas.DataFrame, labels: pandas.DataFrame) -> None:
    """The gains of one place, a band for each group."""
    styles: dict[str, Any] = {**styled(NAMES)}
    cells = [(name, scale) for name in NAMES for scale in SHADES]
    for place, (name, scale) in enumerate(cells):
        rows = table[(table["variant"] == name) & (table["scale"] == scale)]
        rows = labels[["by", "group"]].merge(rows, how="left")
        shift = FILLED * ((place + 0.5) / len(cells) - 0.5)
        axis.errorbar(
            rows["gain"], [band + shift for band in range(len(rows))], xerr=Z * rows["gain_se"],
            ls="", ms=4.5, lw=1.2, alpha=SHADES[scale], label=f"{NAMES[name]}, scale {scale:g}",
            **styles[name],
        )  # fmt: skip
    for band in range(0, len(labels), 2):
        axis.axhspan(band - 0.5, band + 0.5, color="gray", alpha=0.08, lw=0)
    axis.axvline(0, color="gray", lw=1)
