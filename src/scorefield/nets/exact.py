"""The true denoiser of a dataset that is a Gaussian mixture: an oracle with nothing to train."""

import torch
from torch import Tensor, nn

from scorefield.core.exact import Mixture
from scorefield.core.schedule import Schedule


def exact(shapes: dict[str, list[int]], schedule: Schedule) -> nn.Module:
    """Vectors (B, D) and t to E[x_0 | x_t] (B, D), for a dataset that holds its own law; with xi,
    vectors (B, 2 D), to a draw from p(x_0 | x_t)."""
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
        point, xi = x.double().tensor_split([law.mean.shape[1]], 1)
        if xi.shape[1]:
            return law.draw(self.schedule, point, t, xi).to(x.dtype)
        return law.denoiser(self.schedule)(point, t).to(x.dtype)
