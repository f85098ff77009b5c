"""Trajectories of points over the density of the data."""

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density


def trajectories(frames: Tensor, law: Mixture, path: str) -> None:
    """Trajectories (F, 8, 2) from noise (dots) to samples (stars)."""
    figure, axis = subplots(figsize=(4.8, 4.8))
    density(axis, law)
    for i, line in enumerate(frames.unbind(1)):
        axis.plot(*line.T, lw=1.2, color=f"C{i}")
        axis.scatter(*line[0], s=18, color=f"C{i}")
        axis.scatter(*line[-1], s=70, marker="*", color=f"C{i}", edgecolor="white", zorder=3)
    keep(figure, path)
