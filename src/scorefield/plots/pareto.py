"""Hits of the special mode or class against junk, a line a way of steering."""

import matplotlib
import pandas

from scorefield.plots.canvas import keep, subplots

COLOURS = matplotlib.colormaps["tab10"]


def pareto(panels: dict[str, pandas.DataFrame], path: str) -> None:
    """A panel a table with hit, junk and their errors; each line starts at the unguided point and
    goes on with the scale; bars are one standard error."""
    figure, axes = subplots(1, len(panels), figsize=(4.4 * len(panels) + 1.8, 4.2), squeeze=False)
    for axis, (title, table) in zip(axes[0], panels.items(), strict=True):
        plain = table[table["way"] == "plain"]
        for i, way in enumerate(w for w in table["way"].unique() if w not in ("plain", "data")):
            line = pandas.concat([plain, table[table["way"] == way].sort_values("scale")])
            axis.errorbar(
                line["junk"], line["hit"], xerr=line["junk_se"], yerr=line["hit_se"],
                marker="os^vDPX*h"[i % 9], ms=4, lw=1, elinewidth=0.6, label=way, color=COLOURS(i),
                alpha=0.9,
            )  # fmt: skip
        axis.scatter(plain["junk"], plain["hit"], s=70, color="black", zorder=4, label="unguided")
        axis.set(xlabel="junk", ylabel="hits", title=title)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(figure, path)
