"""Guided points beside unguided ones from the same noise."""

from collections.abc import Mapping

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density


def guided_points(panels: Mapping[str, Tensor], law: Mixture, path: str) -> None:
    """One panel for each title, with samples (N, 2) over the true density; a cross marks the rare
    mode, component 0."""
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels), 3.8), squeeze=False)
    for axis, (title, x) in zip(axes[0], panels.items(), strict=True):
        density(axis, law)
        axis.scatter(*x.T, s=5, c="C3", alpha=0.7, linewidths=0)
        axis.plot(*law.mean[0], "kx", ms=9)
        axis.set_title(title)
    keep(figure, path)
