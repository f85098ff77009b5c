"""The density of a mixture, as the ground of a picture."""

import torch

from scorefield.core.exact import Mixture
from scorefield.core.schedule import linear


def density(axis, law: Mixture, t: float = 0.02) -> None:
    """Shade the square root of the mixture's density at a little noise."""
    reach = (law.mean.abs().amax() + 4 * law.cov.diagonal(dim1=1, dim2=2).amax().sqrt()).item()
    line = torch.linspace(-reach, reach, 160, dtype=torch.float64)
    plane = torch.cartesian_prod(line, line)
    height = law.log_prob(linear(), plane, torch.tensor(t)).exp().sqrt().view(160, 160)
    shade = {"cmap": "Blues", "vmax": 1.8 * height.max(), "shading": "gouraud"}
    axis.pcolormesh(line, line, height.T, rasterized=True, **shade)
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
