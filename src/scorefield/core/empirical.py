"""The law of given examples, each smoothed by a Gaussian: closed forms for images.

A mixture of thousands of components in hundreds of dimensions, with one isotropic width. All of it
follows from products of (B, D) with (D, N); no tensor has the shape (B, N, D).
"""

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

LEAST = 1e-12  # components of less posterior weight are left out of a spectrum


@dataclass(frozen=True, eq=False)
class Empirical:
    """1/N sum_i N(x_i, width^2 I) of examples x_i of any shape; see `Empirical.of`.

    `points` (N, D) are the examples minus their mean `centre` (D,), in float64, so that products
    lose little to cancellation. Methods take x (B, *shape), and t in the shapes of a denoiser; they
    compute and return float64, and are differentiable in x. Each costs one to three products of
    (B, D) with (D, N).
    """

    points: Tensor
    centre: Tensor
    width: float
    shape: tuple[int, ...]
    labels: Tensor | None = None

    @classmethod
    def of(cls, examples: Tensor, width: float, labels: Tensor | None = None) -> "Empirical":
        """The law of examples (N, ...), with labels (N,) or without. Raises InputError for no
        examples, and for a width that is not above 0."""
        if not len(examples) or not width > 0:
            raise InputError(f"empirical law: {len(examples)} examples of width {width}")
        points = examples.double().flatten(1)
        centre = points.mean(0)
        return cls(points - centre, centre, width, tuple(examples.shape[1:]), labels)

    @cached_property
    def squares(self) -> Tensor:
        """|x_i - centre|^2, (N,)."""
        return self.points.square().sum(1)

    @cached_property
    def classes(self) -> Tensor:
        """The labels that occur, sorted, (K,). Raises InputError for a law without labels."""
        return self._known_labels().unique()

    @cached_property
    def members(self) -> list[Tensor]:
        """The indices of the examples of each of `classes`."""
        labels = self._known_labels()
        return [(labels == label).nonzero()[:, 0] for label in self.classes]

    def _known_labels(self) -> Tensor:
        if self.labels is None:
            raise InputError("empirical law: classes need labels")
        return self.labels

    @cached_property
    def class_shares(self) -> Tensor:
        """The share of each of `classes`, (K,)."""
        return torch.tensor([len(part) for part in self.members]).to(self.points) / len(self.points)

    def sample(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Draws (n, *shape), and the example that each is near, (n,)."""
        k = torch.randint(len(self.points), (n,), generator=generator)
        z = torch.randn(n, len(self.centre), generator=generator, dtype=torch.float64)
        k, z = k.to(self.points.device), z.to(self.points)
        found = self.centre + self.points[k] + self.width * z
        return found.unflatten(1, self.shape), k

    def _scales(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> tuple[Tensor, ...]:
        """alpha, the noised variance alpha^2 width^2 + sigma^2, and the gain of the conditional
        mean; each (B or 1, 1)."""
        scales = schedule(sent(aligned(t, x.double()), x.device))
        alpha, sigma = (scale.reshape(-1, 1) for scale in scales)
        noised = (alpha * self.width) ** 2 + sigma**2
        return alpha, noised, alpha * self.width**2 / noised

    def _offset(self, x: Tensor, alpha: Tensor) -> Tensor:
        """x_t - alpha centre, (B, D)."""
        return x.double().flatten(1) - alpha * self.centre

    def _heights(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """log p_t(x, i) but for what does not depend on i, (B, N)."""
        alpha, noised, _ = self._scales(schedule, x, t)
        ahead = (alpha / noised * self._offset(x, alpha)) @ self.points.T
        return ahead - alpha**2 / (2 * noised) * self.squares

    def log_weights(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """log p(i | x_t) of each example i, (B, N)."""
        return self._heights(schedule, x, t).log_softmax(1)

    def log_classes(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """log p(c | x_t) of each c of `classes`, (B, K). Raises InputError without labels."""
        each = self.log_weights(schedule, x, t)
        return torch.stack([each[:, part].logsumexp(1) for part in self.members], 1)

    def log_prob(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """log p_t(x) in nats, (B,)."""
        alpha, noised, _ = self._scales(schedule, x, t)
        far = self._offset(x, alpha).square().sum(1, keepdim=True) / noised
        rest = (far + len(self.centre) * (2 * pi * noised).log()) / 2 + log(len(self.points))
        return self._heights(schedule, x, t).logsumexp(1) - rest[:, 0]

    def expected(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """E[x_0 | x_t], (B, *shape)."""
        alpha, _, gain = self._scales(schedule, x, t)
        near = self._heights(schedule, x, t).softmax(1) @ self.points
        found = self.centre + near + gain * (self._offset(x, alpha) - alpha * near)
        return found.unflatten(1, self.shape)

    def denoiser(self, schedule: Schedule | None = None, draws: bool = False) -> Denoiser:
        """E[x_0 | x_t], or with `draws` draws from p(x_0 | x_t), (B, *shape); the schedule is
        `cosine()` by default."""
        return denoiser_of(self, self.shape, schedule, draws)

    def _spreads(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> tuple[Tensor, Tensor]:
        """Cov[x_0 | x_t] is the first, times I, plus the second times Cov[x_i | x_t], the
        covariance of the examples under their posterior weights; each (B or 1, 1)."""
        alpha, _, gain = self._scales(schedule, x, t)
        rest = 1 - alpha * gain
        return self.width**2 * rest, rest**2

    def variances(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """The diagonal of Cov[x_0 | x_t], (B, *shape)."""
        within, scale = self._spreads(schedule, x, t)
        share = self._heights(schedule, x, t).softmax(1)
        apart = share @ self.points.square() - (share @ self.points).square()
        return (within + scale * apart.clamp_min(0)).unflatten(1, self.shape)

    def traces(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """tr Cov[x_0 | x_t], (B,)."""
        within, scale = self._spreads(schedule, x, t)
        share = self._heights(schedule, x, t).softmax(1)
        apart = share @ self.squares - (share @ self.points).square().sum(1)
        return len(self.centre) * within[:, 0] + scale[:, 0] * apart.clamp_min(0)

    def covariance_product(
        self, schedule: Schedule, x: Tensor, t: Tensor | float, v: Tensor
    ) -> Tensor:
        """Cov[x_0 | x_t] v of vectors v (B, *shape), one a row; of their shape."""
        within, scale = self._spreads(schedule, x, t)
        share, flat = self._heights(schedule, x, t).softmax(1), v.double().flatten(1)
        along = flat @ self.points.T
        apart = share * (along - (share * along).sum(1, keepdim=True))
        return (within * flat + scale * (apart @ self.points)).unflatten(1, self.shape)

    @torch.no_grad()
    def spectrum(self, schedule: Schedule, x: Tensor, t: Tensor | float) -> Tensor:
        """The eigenvalues of Cov[x_0 | x_t] in ascending order, (B, D): the last is the largest,
        the root of the sum of their squares is the Frobenius norm.

        Row by row, from the Gram matrix of the examples that have weight, or where these are more
        than D, from the covariance itself; without gradient.
        """
        within, scale = self._spreads(schedule, x, t)
        shares = self._heights(schedule, x, t).softmax(1)
        found = torch.zeros(len(x), len(self.centre)).to(self.points)
        for row, values in zip(found, map(self._eigenvalues, shares), strict=True):
            row[len(row) - len(values) :] = values
        return within + scale * found

    def _eigenvalues(self, share: Tensor) -> Tensor:
        """The eigenvalues, ascending, of the covariance of the examples under weights (N,); those
        that are 0 may be missing."""
        kept = share > LEAST
        apart = self.points[kept] - share @ self.points
        root = share[kept].sqrt()[:, None] * apart
        small = root @ root.T if len(root) < len(self.centre) else root.T @ root
        values: Tensor = torch.linalg.eigvalsh(small).clamp_min(0)
        return values

    def draw(self, schedule: Schedule, x: Tensor, t: Tensor | float, xi: Tensor) -> Tensor:
        """x_0 from p(x_0 | x_t), (B, *shape), as a function of standard normal xi (B, *shape); the
        first coordinate of xi also selects the example, see `core.law.quantile`."""
        alpha, _, gain = self._scales(schedule, x, t)
        share = self._heights(schedule, x, t).softmax(1)
        k, z = quantile(share, xi.double().flatten(1))
        near, std = self.points[k], self._spreads(schedule, x, t)[0].sqrt()
        found = self.centre + near + gain * (self._offset(x, alpha) - alpha * near) + std * z
        return found.unflatten(1, self.shape)


def likeliest_width(examples: Tensor, held: Tensor, iterations: int = 30) -> float:
    """The width under which held-out examples (M, ...) are most likely, given examples (N, ...), by
    EM (Dempster, Laird and Rubin 1977): width^2 is the mean square, over pixels, of what separates
    held-out examples from those that they are near. It needs a matrix (M, N)."""
    pixels = held[0].numel()
    squares = torch.cdist(held.double().flatten(1), examples.double().flatten(1)).square()
    variance = squares.amin(1).mean() / pixels
    for _ in range(iterations):
        share = (-squares / (2 * variance)).softmax(1)
        variance = (share * squares).sum(1).mean() / pixels
    return variance.sqrt().item()
