"""What guidance buys and costs at each scale."""

import pandas

from scorefield.plots.canvas import keep, subplots

MARKS = {"given": "o", "drawn": "s", "joint": "D"}


def strength(table: pandas.DataFrame, path: str) -> None:
    """A panel a figure against the scale, a line or marker a way; agreement has bars of one
    standard error, the dotted line is the unguided value."""
    panels = [k for k in ("agreement", "fid", "slope", "residual", "mmd2") if k in table]
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels) + 0.6, 3.6))
    for axis, panel in zip(axes, panels, strict=True):
        for way, rows in table.sort_values("scale").groupby("way"):
            bars = rows.get(f"{panel}_se")
            axis.errorbar(rows["scale"], rows[panel], yerr=bars, marker=MARKS[str(way)], label=way)
        plain = table[(table["way"] == "given") & (table["scale"] == 0)][panel]
        axis.axhline(plain.item(), color="gray", ls=":", lw=1)
        axis.set_xscale("symlog", linthresh=0.5)
        axis.set_xticks(ticks := sorted(table["scale"].unique()), [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel="scale", ylabel=panel)
    axes[0].legend(frameon=False, fontsize=8)
    keep(figure, path)
