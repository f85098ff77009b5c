"""Gaussian mixtures, where every quantity the library estimates has a closed form."""

from dataclasses import dataclass
from functools import cached_property
from math import log, pi

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.schedule import Schedule


@dataclass(frozen=True)
class Mixture:
    """sum_k weight_k N(mean_k, cov_k); weight (K,), mean (K, D), cov (K, D, D).

    Weights of zero are allowed (a withheld mode). Methods take x (B, D) and t () or (B, 1).
    """

    weight: Tensor
    mean: Tensor
    cov: Tensor

    @cached_property
    def axes(self) -> tuple[Tensor, Tensor]:
        """Variances (K, D) and orthonormal axes (K, D, D) of the components."""
        return torch.linalg.eigh(self.cov)

    def sample(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Points (n, D) and the component of each (n,)."""
        k = torch.multinomial(self.weight, n, replacement=True, generator=generator)
        variance, basis = self.axes
        z = torch.randn(n, self.mean.shape[1], generator=generator, dtype=self.mean.dtype)
        spread = basis[k] @ (variance[k].clamp_min(0).sqrt() * z)[..., None]
        return self.mean[k] + spread[..., 0], k

    def _parts(self, schedule: Schedule, x: Tensor, t: Tensor) -> tuple[Tensor, ...]:
        """Along each component's axes: alpha, offset and noised variance, all (B or 1, K, D)."""
        alpha, sigma = (scale.reshape(-1, 1, 1) for scale in schedule(t.to(x.dtype)))
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

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """E[x_0 | x_t], shape (B, D)."""

        def denoise(x: Tensor, t: Tensor) -> Tensor:
            share, mean, _ = self.posterior(schedule, x, t)
            return (share[..., None] * mean).sum(1)

        return denoise

    def covariance(self, schedule: Schedule, x: Tensor, t: Tensor) -> Tensor:
        """Cov[x_0 | x_t], shape (B, D, D)."""
        share, mean, spread = self.posterior(schedule, x, t)
        basis = self.axes[1]
        within = torch.einsum("kde,bke,kfe->bkdf", basis, spread, basis)
        apart = mean - (share[..., None] * mean).sum(1, keepdim=True)
        return (share[..., None, None] * (within + apart[..., None] * apart[..., None, :])).sum(1)

    def draw(self, schedule: Schedule, x: Tensor, t: Tensor, xi: Tensor) -> Tensor:
        """x_0 from p(x_0 | x_t), shape (B, D), as a function of standard normal xi (B, D).

        The first coordinate of xi, as a quantile, picks the component; how far it is within its
        share is again uniform, and becomes the noise of that coordinate.
        """
        share, mean, spread = self.posterior(schedule, x, t)
        row, above = torch.arange(len(x), device=x.device), share.cumsum(-1)
        uniform = torch.special.ndtr(xi[:, 0])
        k = (above < uniform[:, None]).sum(-1).clamp_max(share.shape[1] - 1)
        tiny = torch.finfo(x.dtype).eps
        within = ((above[row, k] - uniform) / share[row, k]).clamp(tiny, 1 - tiny)
        z = torch.cat([torch.special.ndtri(within)[:, None], xi[:, 1:]], 1)
        std = spread.expand_as(mean)[row, k].clamp_min(0).sqrt()
        return mean[row, k] + (self.axes[1][k] @ (std * z)[..., None])[..., 0]


def information(
    joint: Mixture, schedule: Schedule, x: Tensor, t: Tensor, y: Tensor, s: Tensor
) -> Tensor:
    """The pointwise mutual information log p(x_t, y_s) - log p(x_t) - log p(y_s), shape (B,), of
    the halves x (B, D) and y (B, D) of a joint mixture; one time t for x and one, s, for y.

    Of a Gaussian pair it is Hayakawa et al. 2025's ratio in closed form.
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
