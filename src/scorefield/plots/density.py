"""The density of a mixture, as the ground of a picture."""

import torch
from matplotlib.axes import Axes

from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear

SIDE = 160  # points along each axis


def density(axis: Axes, law: Mixture, t: float = 0.02) -> None:
    """Shade the square root of a law's density in two dimensions, at a little noise."""
    reach = (law.mean.abs().amax() + 4 * law.cov.diagonal(dim1=1, dim2=2).amax().sqrt()).item()
    line = torch.linspace(-reach, reach, SIDE, dtype=torch.float64)
    plane = torch.cartesian_prod(line, line)
    height = law.log_prob(linear(), plane, torch.tensor(t)).exp().sqrt().view(SIDE, SIDE)
    axis.pcolormesh(
        line.numpy(),
        line.numpy(),
        height.T.numpy(),
        cmap="Blues",
        vmax=1.8 * height.max().item(),
        shading="gouraud",
        rasterized=True,
    )
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
