"""Points over the density that they should follow."""

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density
from scorefield.plots.names import RED

SHOWN = 2000


def scatter(fake: Tensor, real: Tensor, law: Mixture, path: str, title: str = "") -> None:
    """Samples next to test data, both (N, 2) over the true density, the first 2,000 of each."""
    figure, axes = subplots(1, 2, figsize=(9, 4.8))
    shown = min(SHOWN, len(fake), len(real))
    for axis, x, name in zip(axes, (fake, real), ("samples", "test points"), strict=True):
        density(axis, law)
        axis.scatter(*x[:shown].T, s=4, c=RED, alpha=0.6, linewidths=0, rasterized=True)
        axis.set_title(f"{shown:,} {name} over the true density")
    figure.suptitle(title)
    keep(figure, path)
