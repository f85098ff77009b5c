"""Closed-form laws that several tests use."""

from dataclasses import dataclass

import torch
from torch import nn

from scorefield.core.exact import Mixture, pointwise_mutual_information
from scorefield.core.log_ratio import counted_ratio
from scorefield.core.model import Model
from scorefield.core.network import Network
from scorefield.core.registry import load_method, with_knobs
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


def two_classes(n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (n, 1, 2, 2) of two classes, as bytes, with labels."""
    labels = torch.arange(n) % 2
    middle = 90 + 60 * labels.view(-1, 1, 1, 1)
    return (middle + 30 * torch.randn(n, 1, 2, 2)).clamp(0, 255).to(torch.uint8), labels


def pair(rho: float = 0.9) -> Mixture:
    return Mixture(torch.ones(1), torch.zeros(1, 2), torch.tensor([[[1.0, rho], [rho, 1.0]]]))


class Oracle(nn.Module):
    """The true information of a joint law, a LogRatio; all rows have the times of the first."""

    def __init__(self, law: Mixture, schedule: Schedule, condition: str):
        super().__init__()
        self.law, self.schedule, self.condition = law, schedule, condition

    def forward(self, x, t, y, s):
        return pointwise_mutual_information(self.law, self.schedule, x, t[0], y, s[0])


class Signs:
    """The two vectors of signs in 2-D, in turn: together they give the exact trace."""

    def __init__(self):
        self.turn = 0

    def __call__(self, like):
        self.turn += 1
        return torch.tensor([1.0, 1.0 if self.turn % 2 else -1.0]).expand_as(like)


class Labelled(Network):
    """The exact denoiser of a mixture whose labels are its components."""

    predict = "x0"

    def __init__(self, law: Mixture, schedule: Schedule):
        super().__init__()
        self.law, self.schedule, self.classes = law, schedule, len(law.weight)

    def forward(self, x, t, labels=None):
        share, mean, _ = self.law.posterior(self.schedule, x, t)
        if labels is None:
            return (share[..., None] * mean).sum(1)
        return mean[torch.arange(len(x)), labels]


@dataclass(frozen=True)
class LabelRatio:
    """log p(y | x_t) - log p(y) of a mixture's points and their components y, a LogRatio."""

    law: Mixture
    schedule: Schedule
    condition: str = "clean"

    def __call__(self, x, t, y, s):
        log_share = self.law.log_joint(self.schedule, x, t).log_softmax(1) - self.law.weight.log()
        return log_share[torch.arange(len(x)), y]


def labelled(schedule=None):
    """The exact denoiser of `three`, which takes the numbers of its Gaussians as labels."""
    schedule = schedule or ddpm()
    return Model(Labelled(three(), schedule), schedule, "x0", [2])


def guided(name, denoiser, counter=None, **knobs):
    """A guidance by its name; ratio guidance by the true ratio of labels, and autoguidance by the
    denoiser itself."""
    made = with_knobs(load_method("guidance", name), knobs)
    if name == "autoguidance":
        return made(denoiser, denoiser)
    if name != "ratio":
        return made(denoiser)
    true = LabelRatio(three(), denoiser.schedule)
    return made(denoiser, counted_ratio(true, counter) if counter else true)
