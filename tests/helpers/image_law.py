"""The law of a few images, each with Gaussian noise in every pixel: written out term by term."""

import torch
from torch import Tensor

from scorefield.core.network import Network
from scorefield.core.schedule import aligned, cosine


class ImageLaw(Network):
    """1/N sum_i N(x_i, width^2 I) of images (N, C, H, W), at the cosine schedule."""

    predict = "x0"

    def __init__(self, images: Tensor, width: float):
        super().__init__()
        self.points, self.v = images.double(), width**2

    def parts(self, x: Tensor, t: Tensor | float):
        """log p_t(x, i), and mean (B, N, C, H, W) and variance of x_0 given i."""
        alpha, sigma = (part.double() for part in cosine()(aligned(t, x)))
        noised = alpha**2 * self.v + sigma**2
        off = x.double()[:, None] - alpha * self.points
        height = -(off**2 / noised + torch.log(2 * torch.pi * noised)).flatten(2).sum(2) / 2
        height = height - torch.log(torch.tensor(float(len(self.points))))
        mean = self.points + alpha * self.v / noised * off
        return height, mean, self.v * sigma**2 / noised

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        height, mean, _ = self.parts(x, t)
        return torch.einsum("bn,bn...->b...", height.softmax(1), mean).to(x.dtype)

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor:
        return -self.parts(x, t)[0].logsumexp(1)

    def variances(self, x: Tensor, t: Tensor | float) -> Tensor:
        height, mean, within = self.parts(x, t)
        share = height.softmax(1)
        first, second = (torch.einsum("bn,bn...->b...", share, mean**k) for k in (1, 2))
        return within + second - first**2
