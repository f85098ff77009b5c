"""Estimated against exact posterior variance."""

from torch import Tensor

from scorefield.plots.canvas import keep, subplots


def calibration(
    exact: Tensor, scores: dict[str, Tensor], levels: list[float], notes: list[str], path: str
) -> None:
    """One panel for each noise level sigma / alpha: a point for each image, the exact posterior
    variance (levels, N) to the right and that of denoisers (levels, N), by name, upwards; the gray
    line is where both are equal. A note stands above each panel."""
    figure, axes = subplots(1, len(levels), figsize=(2.9 * len(levels), 3.3), squeeze=False)
    for j, axis in enumerate(axes[0]):
        for i, (name, score) in enumerate(scores.items()):
            axis.scatter(exact[j], score[j], s=4, color=f"C{i}", alpha=0.6, lw=0, label=name)
        top = max(exact[j].max().item(), max(each[j].max().item() for each in scores.values()))
        axis.plot([0, top], [0, top], color="gray", lw=1)
        axis.set_title(f"sigma / alpha = {levels[j]:g}\n{notes[j]}", fontsize=8)
        axis.set_xlabel("exact posterior variance", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("score `trace`", fontsize=8)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside right center")
    keep(figure, path)
