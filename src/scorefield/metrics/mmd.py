"""Maximum mean discrepancy with a Gaussian kernel (Gretton et al. 2012)."""

import torch
from torch import Tensor

from scorefield.core.exact import Mixture

ROWS = 512  # of one block of distances


def kernel_sums(x: Tensor, y: Tensor, bandwidth: float) -> Tensor:
    """The sum of exp(-|x - y|^2 / (2 bandwidth^2)) over all y (N, D) for each x (M, D), (M,)."""
    found = []
    for part in x.split(ROWS):
        distance = torch.cdist(part, y, compute_mode="donot_use_mm_for_euclid_dist")
        found.append((-(distance**2) / (2 * bandwidth**2)).exp().sum(1))
    return torch.cat(found)


def mmd(fake: Tensor, real: Tensor, bandwidth: float = 1.0) -> float:
    """The unbiased estimate of the squared MMD (their Lemma 6) of points (M, D) and (N, D); it may
    be negative."""
    fake, real = fake.double(), real.double()
    m, n = len(fake), len(real)
    within = (kernel_sums(fake, fake, bandwidth).sum() - m) / (m * (m - 1))
    within = within + (kernel_sums(real, real, bandwidth).sum() - n) / (n * (n - 1))
    return (within - 2 * kernel_sums(fake, real, bandwidth).sum() / (m * n)).item()


def mmd_se(fake: Tensor, real: Tensor, bandwidth: float = 1.0) -> float:
    """The standard error of `mmd`, of points (M, D) and (N, D), by the first term of the variance
    of a U-statistic (Hoeffding 1948): twice the spread of the witness function at the points of
    each set. Where both laws are equal, that term is too small, and `mmd_floor` is the error."""
    fake, real = fake.double(), real.double()
    total = torch.zeros((), dtype=torch.float64)
    for own, other in ((fake, real), (real, fake)):
        mine = (kernel_sums(own, own, bandwidth) - 1) / (len(own) - 1)
        witness = mine - kernel_sums(own, other, bandwidth) / len(other)
        total += 4 * witness.var() / len(own)
    return total.sqrt().item()


def normal(offset: Tensor, cov: Tensor) -> Tensor:
    """The density of N(0, cov) at offset; (..., D) and (..., D, D)."""
    solved = torch.linalg.solve(cov, offset[..., None])
    squared: Tensor = (offset[..., None, :] @ solved)[..., 0, 0]
    scale: Tensor = torch.linalg.det(2 * torch.pi * cov).sqrt()
    return (-squared / 2).exp() / scale


def mmd_floor(law: Mixture, m: int, n: int, bandwidth: float = 1.0) -> float:
    """The standard deviation of `mmd` for m and n exact draws from the law, in closed form.

    Its square is the variance of the centred kernel, E k(x, x')^2 - 2 E k(x, x') k(x, x'') +
    (E k(x, x'))^2 for independent draws x, x', x'', times 2/(m(m-1)) + 2/(n(n-1)) + 4/(mn).
    """
    keep = law.weight > 0
    weight, mean, cov = law.weight[keep], law.mean[keep], law.cov[keep]
    eye = torch.eye(mean.shape[1], dtype=mean.dtype)
    size = (2 * torch.pi) ** (mean.shape[1] / 2)
    between, spread = mean[:, None] - mean, cov[:, None] + cov

    def mean_kernel(h: float) -> Tensor:
        bumps = normal(between, spread + h**2 * eye)
        scale: float = size * h ** mean.shape[1]
        return scale * (weight[:, None] * weight * bumps).sum()

    smooth = cov + bandwidth**2 * eye
    total = torch.zeros((), dtype=mean.dtype)
    for w, centre, wide in zip(weight, mean, smooth, strict=True):
        joint = normal(centre - mean, wide + smooth)
        gain = torch.linalg.solve(wide + smooth, wide.expand_as(smooth))
        middle = centre + ((mean - centre)[:, None] @ gain)[:, 0]
        left = wide - wide @ gain
        bumps = normal(middle[:, None] - mean, left[:, None] + cov)
        total += w * (weight * joint * (bumps @ weight)).sum()
    squared: Tensor = size**2 * bandwidth ** (2 * mean.shape[1]) * total
    centred = mean_kernel(bandwidth / 2**0.5) - 2 * squared + mean_kernel(bandwidth) ** 2
    pairs = 2 / (m * (m - 1)) + 2 / (n * (n - 1)) + 4 / (m * n)
    return (centred.clamp_min(0) * pairs).sqrt().item()
