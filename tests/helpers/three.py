"""Laws whose paths are known: a mixture of three round Gaussians in 2-D, and one Gaussian."""

from collections.abc import Callable

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import cosine
from scorefield.guidance.temperature import temperature
from tests.helpers.laws import gaussian, oracle

WEIGHT = torch.tensor([0.4, 0.35, 0.25], dtype=torch.float64)
MEAN = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, 2.6]], dtype=torch.float64)
VAR = torch.tensor([0.55, 0.55, 0.6], dtype=torch.float64)
A, B, C = torch.tensor(
    [[-1.99986, 0.00017], [2.0, 0.0], [0.0, 2.59947]], dtype=torch.float64
)  # modes


def log_prob(x: Tensor, weight=WEIGHT, mean=MEAN, var=VAR) -> Tensor:
    """log p of a mixture of round Gaussians, (B,)."""
    far = (x[:, None] - mean).square().sum(-1) / var
    return (weight.log() - far / 2 - mean.shape[1] / 2 * (2 * torch.pi * var).log()).logsumexp(1)


def exact(x: Tensor, weight=WEIGHT, mean=MEAN, var=VAR) -> Tensor:
    """grad log p of a mixture of round Gaussians."""
    apart = x[:, None] - mean
    height = weight.log() - apart.square().sum(-1) / (2 * var) - mean.shape[1] / 2 * var.log()
    return -(height.softmax(1)[..., None] * apart / var[:, None]).sum(1)


def rotated(x: Tensor) -> Tensor:
    """No gradient of anything."""
    return exact(x) + 0.5 * torch.stack([-x[:, 1], x[:, 0]], 1)


def relaxed(x: Tensor, n: int = 20000) -> Tensor:
    """The mode uphill of x."""
    for _ in range(n):
        x = x + 0.05 * exact(x[None])[0]
    return x


def hotter(denoiser: Denoiser) -> Denoiser:
    """Of a Gaussian of standard deviation .7 the denoiser of one of 1.4, at every noise level."""
    return temperature(denoiser, scale=1.0, spread=0.7, low=0.0, high=float("inf"))


def of_law() -> Denoiser:
    return gaussian(0.7, dim=2).denoiser(cosine())


def of_model() -> Denoiser:
    return oracle(gaussian(0.7, dim=2), cosine())


GAUSSIANS: dict[str, tuple[Callable[[], Denoiser], float]] = {  # and the standard deviation
    "law": (of_law, 0.7),
    "model": (of_model, 0.7),
    "guided law": (lambda: hotter(of_law()), 1.4),
    "guided model": (lambda: hotter(of_model()), 1.4),
}
