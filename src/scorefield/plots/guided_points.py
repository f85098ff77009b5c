"""Guided points beside unguided ones from the same noise."""

from collections.abc import Mapping

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density
from scorefield.plots.names import RED


def guided_points(panels: Mapping[str, Tensor], law: Mixture, path: str, title: str = "") -> None:
    """One panel for each title, with samples (N, 2) over the true density; a cross marks the rare
    mode, component 0."""
    figure, axes = subplots(1, len(panels), figsize=(3.6 * len(panels), 4.0), squeeze=False)
    for axis, (name, x) in zip(axes[0], panels.items(), strict=True):
        density(axis, law)
        axis.scatter(*x.T, s=5, c=RED, alpha=0.7, linewidths=0, rasterized=True)
        axis.plot(*law.mean[0], "kx", ms=9, mew=1.5)
        axis.set_title(name)
    figure.suptitle(title)
    keep(figure, path)
