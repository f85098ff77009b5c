"""Gaussian mixtures: every quantity that this library estimates, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log, pi

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.core.hardware import sent
from scorefield.core.law import denoiser_of, quantile
from scorefield.core.schedule import Schedule, aligned

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Mixture:
    """sum_k weight_k N(mean_k, cov_k); weight (K,), mean (K, D), cov (K, D, D).

    Weights of zero are allowed (a withheld mode). Methods take x (B, D), and t in the shapes of a
    denoiser.
    """

    weight: Tensor
    mean: Tensor
    cov: Tensor

    @classmethod
    def isotropic(
        cls, mean: Tensor | Points, std: float, weight: Tensor | Sequence[float] | None = None
    ) -> "Mixture":
        """Isotropic components with means (K, D), in float64. The weights (K,), equal by default,
        are divided by their sum. Raises InputError for other shapes."""
        mean = torch.as_tensor(mean, dtype=torch.float64)
        share = torch.ones(len(mean)) if weight is None else weight
        share = torch.as_tensor(share, dtype=torch.float64)
        if mean.ndim != 2 or share.shape != mean.shape[:1]:
            raise InputError(
                f"mixture: expected means (K, D) and K weights, found {[*mean.shape]} and "
                f"{[*share.shape]}"
            )
        cov = std**2 * torch.eye(mean.shape[1], dtype=torch.float64).repeat(len(mean), 1, 1)
        return cls(share / share.sum(), mean, cov)

    @classmethod
    def ring(
        cls, modes: int = 8, *, radius: float = 3.0, std: float = 0.25, rare: float | None = None
    ) -> "Mixture":
        """Modes on a circle in 2-D. Component 0, on the right, has the weight `rare` (0: withheld);
        by default all weights are equal."""
        return cls.isotropic(ring(modes, radius), std, shares(modes, rare))

    @classmethod
    def grid(
        cls, side: int = 5, *, spacing: float = 1.5, std: float = 0.15, rare: float | None = None
    ) -> "Mixture":
        """side x side modes in 2-D. Component 0, in the middle, has the weight `rare` (0:
        withheld); by default all weights are equal."""
        mean, middle = grid(side, spacing), side**2 // 2
        first = torch.cat([mean[[middle]], mean[:middle], mean[middle + 1 :]])
        return cls.isotropic(first, std, shares(side**2, rare))

    @cached_property
    def axes(self) -> tuple[Tensor, Tensor]:
        """Variances (K, D) and orthonormal axes (K, D, D) of the components."""
        found: tuple[Tensor, Tensor] = torch.linalg.eigh(self.cov)
        return found

    def sample(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Points (n, D) and the component of each (n,)."""
        k = torch.multinomial(self.weight, n, replacement=True, generator=generator)
        variance, basis = self.axes
        z = torch.randn(n, self.mean.shape[1], generator=generator, dtype=self.mean.dtype)
        spread = basis[k] @ (variance[k].clamp_min(0).sqrt() * z)[..., None]
        return self.mean[k] + spread[..., 0], k

    def _parts(self, schedule: Schedule, x: Tensor, t: Tensor) -> tuple[Tensor, ...]:
        """alpha, and along each component's axes the offset and the noised variance; each of shape
        (B or 1, K, D)."""
        scales = schedule(sent(aligned(t, x), x.device))
        alpha, sigma = (scale.reshape(-1, 1, 1) for scale in scales)
        variance, basis = self.axes
        offset = torch.einsum("bkd,kde->bke", x[:, None] - alpha * self.mean, basis)
        return alpha, offset, alpha**2 * variance + sigma**2

    def log_joint(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """log p_t(x, k), shape (B, K)."""
        _, offset, noised = self._parts(schedule, x, t)
        return self.weight.log() - (offset**2 / noised + noised.log() + log(2 * pi)).sum(-1) / 2

    def log_prob(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """log p_t(x), shape (B,)."""
        return self.log_joint(schedule, x, t).logsumexp(-1)

    def posterior(self, schedule: Schedule, x: Tensor, t: Tensor) -> tuple[Tensor, ...]:
        """p(k | x_t) (B, K), and mean (B, K, D), variance (B or 1, K, D) of x_0 given (x_t, k);
        the variance is along the component's axes."""
        alpha, offset, noised = self._parts(schedule, x, t)
        variance, basis = self.axes
        mean = self.mean + torch.einsum("bke,kde->bkd", alpha * variance / noised * offset, basis)
        spread = variance * (1 - alpha**2 * variance / noised)
        return self.log_joint(schedule, x, t).softmax(-1), mean, spread

    def expected(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """E[x_0 | x_t], shape (B, D)."""
        share, mean, _ = self.posterior(schedule, x, t)
        return (share[..., None] * mean).sum(1)

    def denoiser(self, schedule: Schedule | None = None, draws: bool = False) -> Denoiser:
        """E[x_0 | x_t], or with `draws` draws from p(x_0 | x_t), shape (B, D); the schedule is
        `cosine()` by default."""
        return denoiser_of(self, tuple(self.mean.shape[1:]), schedule, draws)

    def covariance(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """Cov[x_0 | x_t], shape (B, D, D)."""
        share, mean, spread = self.posterior(schedule, x, t)
        basis = self.axes[1]
        within = torch.einsum("kde,bke,kfe->bkdf", basis, spread, basis)
        apart = mean - (share[..., None] * mean).sum(1, keepdim=True)
        return (share[..., None, None] * (within + apart[..., None] * apart[..., None, :])).sum(1)

    def draw(self, schedule: Schedule, x: Tensor, t: Tensor, xi: Tensor) -> Tensor:
        """x_0 from p(x_0 | x_t), shape (B, D), as a function of standard normal xi (B, D), whose
        first coordinate also selects the component, see `core.law.quantile`."""
        share, mean, spread = self.posterior(schedule, x, t)
        k, z = quantile(share, xi)
        row = torch.arange(len(x), device=x.device)
        std = spread.expand_as(mean)[row, k].clamp_min(0).sqrt()
        return mean[row, k] + (self.axes[1][k] @ (std * z)[..., None])[..., 0]


def ring(modes: int, radius: float) -> Tensor:
    """Points on a circle (modes, 2), the first on the right."""
    angle = torch.arange(modes) * (2 * pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], -1)


def grid(side: int, spacing: float) -> Tensor:
    """Points of a square grid (side^2, 2) around the origin."""
    steps = spacing * (torch.arange(side) - (side - 1) / 2)
    return torch.cartesian_prod(steps, steps)


def shares(modes: int, rare: float | None) -> Tensor:
    """Weights (modes,) that sum to 1: `rare` for the first, equal ones for the others; all equal if
    `rare` is None. Raises InputError for a share that is not in [0, 1)."""
    rare = 1 / modes if rare is None else rare
    if modes < 2 or not 0 <= rare < 1:
        raise InputError(f"rare: expected a share in [0, 1) of 2 modes or more, found {rare}")
    share = torch.full((modes,), (1 - rare) / (modes - 1), dtype=torch.float64)
    share[0] = rare
    return share


def pointwise_mutual_information(
    joint: Mixture, schedule: Schedule, x: Tensor, t: Tensor, y: Tensor, s: Tensor
) -> Tensor:
    """The pointwise mutual information log p(x_t, y_s) - log p(x_t) - log p(y_s), shape (B,), of
    the halves x (B, D) and y (B, D) of a joint mixture; t is the time of x and s that of y.

    It is the log density ratio of Hayakawa et al. 2025 in closed form.
    """
    half = joint.mean.shape[1] // 2
    (alpha, sigma), (a, b) = schedule(t), schedule(s)
    ones = torch.ones(half, dtype=joint.mean.dtype)
    scale, noise = torch.cat([alpha * ones, a * ones]), torch.cat([sigma * ones, b * ones])
    mean, cov = scale * joint.mean, scale[:, None] * scale * joint.cov + torch.diag(noise**2)
    now = torch.zeros((), dtype=joint.mean.dtype)
    parts = ((slice(None), torch.cat([x, y], 1)), (slice(half), x), (slice(half, None), y))
    logs = [
        Mixture(joint.weight, mean[:, part], cov[:, part, part]).log_prob(schedule, at, now)
        for part, at in parts
    ]
    return logs[0] - logs[1] - logs[2]
