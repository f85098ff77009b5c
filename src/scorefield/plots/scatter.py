"""Points over the density they should follow."""

import torch
from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear
from scorefield.plots.canvas import keep, subplots


def density(axis, law: Mixture, t: float = 0.02) -> float:
    """Shade the square root of the mixture's density at a little noise; returns the half width."""
    reach = (law.mean.abs().amax() + 4 * law.cov.diagonal(dim1=1, dim2=2).amax().sqrt()).item()
    line = torch.linspace(-reach, reach, 160, dtype=torch.float64)
    plane = torch.cartesian_prod(line, line)
    height = law.log_prob(linear(), plane, torch.tensor(t)).exp().sqrt().view(160, 160)
    axis.pcolormesh(line, line, height.T, cmap="Blues", shading="gouraud", rasterized=True)
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    return reach


def scatter(fake: Tensor, real: Tensor, law: Mixture, path: str) -> None:
    """Samples beside test data, both over the true density."""
    figure, axes = subplots(1, 2, figsize=(9, 4.6))
    for axis, x, title in zip(axes, (fake, real), ("samples", "test data"), strict=True):
        density(axis, law)
        axis.scatter(*x[:2000].T, s=3, c="C3", alpha=0.35, linewidths=0)
        axis.set_title(title)
    keep(figure, path)


def paths(frames: Tensor, law: Mixture, path: str) -> None:
    """Trajectories (F, 8, 2) from noise (dots) to samples (stars)."""
    figure, axis = subplots(figsize=(4.8, 4.8))
    density(axis, law)
    for i, line in enumerate(frames.unbind(1)):
        axis.plot(*line.T, lw=1.2, color=f"C{i}")
        axis.scatter(*line[0], s=18, color=f"C{i}")
        axis.scatter(*line[-1], s=70, marker="*", color=f"C{i}", edgecolor="white", zorder=3)
    keep(figure, path)
