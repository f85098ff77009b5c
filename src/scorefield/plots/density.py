"""The density of a mixture, as the background of a figure."""

import torch
from matplotlib.axes import Axes

from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear

SIDE = 240  # points along each axis


def density(axis: Axes, law: Mixture, t: float = 0.02) -> None:
    """Shades the square root of the density of a law in 2-D, at a low noise level."""
    reach = (law.mean.abs().amax() + 4 * law.cov.diagonal(dim1=1, dim2=2).amax().sqrt()).item()
    line = torch.linspace(-reach, reach, SIDE, dtype=torch.float64)
    square = torch.cartesian_prod(line, line)
    height = law.log_prob(linear(), square, torch.tensor(t)).exp().sqrt().view(SIDE, SIDE)
    axis.imshow(
        height.T.numpy(),
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        cmap="Blues",
        vmax=1.8 * height.max().item(),
        interpolation="none",
    )
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
