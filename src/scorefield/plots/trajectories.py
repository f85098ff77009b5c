"""Trajectories of points over the density of the data."""

from collections.abc import Sequence

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density


def trajectories(
    frames: Tensor, law: Mixture, path: str, times: Sequence[str], title: str = ""
) -> None:
    """Trajectories (F, 8, 2) from noise (dots) to samples (stars), with dots at the given times."""
    figure, axis = subplots(figsize=(5.6, 5.4))
    density(axis, law)
    for i, line in enumerate(frames.unbind(1)):
        axis.plot(*line.T, lw=1.1, color=f"C{i}", marker=".", ms=4)
        axis.scatter(*line[0], s=22, color=f"C{i}")
        axis.scatter(*line[-1], s=80, marker="*", color=f"C{i}", edgecolor="white", zorder=3)
    axis.set_xlabel(f"disc: noise; star: sample; dots at {', '.join(times)}", fontsize=8, wrap=True)
    axis.set_title(title)
    keep(figure, path)
