"""Closed-form laws that several tests use."""

import torch
from torch import nn

from scorefield.core.denoiser import Model
from scorefield.core.exact import Mixture, information
from scorefield.core.schedule import Schedule, cosine, ddpm, linear
from scorefield.nets.exact import Exact

SCHEDULES = {"cosine": cosine(), "linear": linear(), "ddpm": ddpm()}


def gaussian(std: float, mean: float = 0.0, dim: int = 1) -> Mixture:
    return Mixture(torch.ones(1), torch.full((1, dim), mean), std**2 * torch.eye(dim)[None])


def random_mixture(k: int, dim: int) -> Mixture:
    """Any weights, means and full covariances."""
    root = 0.6 * torch.randn(k, dim, dim)
    cov = root @ root.mT + 0.05 * torch.eye(dim)
    return Mixture(torch.rand(k).softmax(0), torch.randn(k, dim), cov)


def three() -> Mixture:
    """Means (0,0), (3,1), (-1,2.5), variances .25, .09, .4, weights .5, .3, .2."""
    variance = torch.tensor([0.25, 0.09, 0.4])[:, None, None]
    mean = torch.tensor([[0.0, 0.0], [3.0, 1.0], [-1.0, 2.5]])
    return Mixture(torch.tensor([0.5, 0.3, 0.2]), mean, variance * torch.eye(2))


def two() -> Mixture:
    """N((3,3), I/4) and N((-3,3), I/4) in equal parts."""
    mean = torch.tensor([[3.0, 3.0], [-3.0, 3.0]])
    return Mixture(torch.full((2,), 0.5), mean, 0.25 * torch.eye(2).repeat(2, 1, 1))


def oracle(law: Mixture, schedule, draws: bool = False) -> Model:
    """The exact denoiser as a model, or one that draws from the exact posterior."""
    keys = ("weight", "mean", "cov")
    net = Exact({key: list(getattr(law, key).shape) for key in keys}, schedule)
    net.begin({f"mixture.{key}": getattr(law, key) for key in keys})
    return Model(net, schedule, "x0", [law.mean.shape[1]], draws)


def pair(rho: float = 0.9) -> Mixture:
    return Mixture(torch.ones(1), torch.zeros(1, 2), torch.tensor([[[1.0, rho], [rho, 1.0]]]))


class Oracle(nn.Module):
    """The true information of a joint law, in the place of a ratio network."""

    def __init__(self, law: Mixture, schedule: Schedule, condition: str):
        super().__init__()
        self.law, self.schedule, self.condition, self.table = law, schedule, condition, None

    def forward(self, x, t, y, s):
        return information(self.law, self.schedule, x, t[0], y, s[0])
