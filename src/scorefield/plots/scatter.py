"""Points over the density that they should follow."""

from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.density import density


def scatter(fake: Tensor, real: Tensor, law: Mixture, path: str) -> None:
    """Samples next to test data, both (N, 2) over the true density."""
    figure, axes = subplots(1, 2, figsize=(9, 4.6))
    for axis, x, title in zip(axes, (fake, real), ("samples", "test data"), strict=True):
        density(axis, law)
        axis.scatter(*x[:2000].T, s=4, c="C3", alpha=0.6, linewidths=0)
        axis.set_title(title)
    keep(figure, path)
