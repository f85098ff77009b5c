"""The rare-mode rate against the off-mode rate, one line for each variant of guidance."""

import matplotlib
import pandas

from scorefield.plots.canvas import keep, subplots

COLOURS, MARKERS = matplotlib.colormaps["tab10"], "os^vDPX*h"


def trade_off(panels: dict[str, pandas.DataFrame], path: str) -> None:
    """One panel for each table with rare_mode, off_mode and their standard errors, which are drawn
    as bars. Each line starts at the unguided point and follows the scale of guidance."""
    figure, axes = subplots(1, len(panels), figsize=(4.4 * len(panels) + 1.8, 4.2), squeeze=False)
    for axis, (title, table) in zip(axes[0], panels.items(), strict=True):
        plain = table[table["variant"] == "plain"]
        variants = [name for name in table["variant"].unique() if name not in ("plain", "data")]
        for i, variant in enumerate(variants):
            steered = table[table["variant"] == variant].sort_values("scale")
            line = pandas.concat([plain, steered])
            axis.errorbar(
                line["off_mode"], line["rare_mode"],
                xerr=line["off_mode_se"], yerr=line["rare_mode_se"],
                marker=MARKERS[i % len(MARKERS)], ms=4, lw=1, elinewidth=0.6,
                label=variant, color=COLOURS(i), alpha=0.9,
            )  # fmt: skip
        x, y = plain["off_mode"], plain["rare_mode"]
        axis.scatter(x, y, s=70, color="black", zorder=4, label="unguided")
        axis.set(xlabel="off-mode rate", ylabel="rare-mode rate", title=title)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(figure, path)
