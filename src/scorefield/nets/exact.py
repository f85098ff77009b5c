"""The true denoiser of a dataset that is a Gaussian mixture: an oracle with nothing to train."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from scorefield.core.exact import Mixture
from scorefield.core.schedule import Schedule


def exact(shapes: dict[str, list[int]], schedule: Schedule) -> nn.Module:
    """Vectors (B, D) and t to E[x_0 | x_t] (B, D), for a dataset that holds its own law; with xi,
    vectors (B, 2 D), to a draw from p(x_0 | x_t). For a dataset of E laws side by side, points
    (B, E, D) or their rows (B E, D) in the same order."""
    return Exact({key: shapes[f"mixture.{key}"] for key in ("weight", "mean", "cov")}, schedule)


class Exact(nn.Module):
    predict = "x0"

    def __init__(self, shapes: dict[str, list[int]], schedule: Schedule) -> None:
        super().__init__()
        self.schedule, self.mixture = schedule, nn.Module()
        for key, shape in shapes.items():
            self.mixture.register_buffer(key, torch.zeros(*shape, dtype=torch.float64))

    def begin(self, data: dict[str, Tensor]) -> None:
        """Take the law from the dataset."""
        self.load_state_dict({key: data[key] for key in self.state_dict()})

    def law(self) -> Mixture:
        """The mixture, in float64."""
        return Mixture(self.mixture.weight, self.mixture.mean, self.mixture.cov)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        law, t = self.law(), t.to(x.device, torch.float64)
        if law.weight.ndim == 2:
            return self.members(x, t)
        point, xi = x.double().tensor_split([law.mean.shape[1]], 1)
        if xi.shape[1]:
            return law.draw(self.schedule, point, t, xi).to(x.dtype)
        return law.denoiser(self.schedule)(point, t).to(x.dtype)

    def members(self, x: Tensor, t: Tensor) -> Tensor:
        """Each law on its own points."""
        out = self.each(lambda law, at: law.denoiser(self.schedule)(at, t.reshape(-1, 1)), x)
        return out.transpose(0, 1).reshape(x.shape).to(x.dtype)

    def traces(self, x: Tensor, t: Tensor) -> Tensor:
        """tr Cov[x_0 | x_t] of rows (B E, D) of all laws' points, shape (B E,)."""
        diagonal = lambda law, at: law.covariance(self.schedule, at, t).diagonal(dim1=1, dim2=2)
        return self.each(diagonal, x).sum(-1).transpose(0, 1).flatten()

    def energies(self, x: Tensor, t: Tensor) -> Tensor:
        """-log p_t of rows (B E, D) under their laws, shape (B E,)."""
        surprise = lambda law, at: -law.log_prob(self.schedule, at, t)
        return self.each(surprise, x).transpose(0, 1).flatten()

    def each(self, function: Callable[[Mixture, Tensor], Tensor], x: Tensor) -> Tensor:
        """function(law, points) for the points of each law, (E, B, ...)."""
        parts = tuple(self.mixture.buffers())
        points = x.double().reshape(-1, len(parts[0]), x.shape[-1]).transpose(0, 1)
        return torch.vmap(lambda at, *part: function(Mixture(*part), at))(points, *parts)
