"""The base class of networks that estimate the log density ratio of pairs.

T(x_t, y) estimates log q(x_t, y) - log q(x_t) - log q(y), the pointwise mutual information of a
joint law q of pairs, at every noise level of x (Hayakawa et al. 2025, arXiv 2405.17842).
"""

from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from scorefield.core.errors import InputError
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule

BINS = 10  # of time, for the calibration of the ratio


class Ratio(Network):
    """T of x and y: an encoder (x, t) -> (B, features) for each, and a head on both.

    `pairing` is class (joint pairs share a label) or instance (each x has its own y). `condition`
    is clean, or same_t: y is noised to the time of x. T is bounded smoothly to [least, most]. In
    training, images y are shifted and rotated by up to `shift` and `turn`. `log_mean` (BINS,) is
    the estimate of log E[e^T] over independent pairs, where the objective needs it, else 0.
    """

    log_mean: Tensor

    def __init__(
        self,
        encoders: tuple[nn.Module, nn.Module],
        schedule: Schedule,
        features: int,
        pairing: str,
        condition: str,
        least: float,
        most: float,
        shift: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        super().__init__()
        self.x, self.y = encoders
        self.schedule = schedule
        self.from_x, self.from_y = (nn.Linear(features, features) for _ in range(2))
        self.head = nn.Sequential(
            nn.SiLU(), nn.Linear(features, features), nn.SiLU(), nn.Linear(features, 1)
        )
        self.register_buffer("log_mean", torch.zeros(BINS))
        self.pairing, self.condition, self.least, self.most = pairing, condition, least, most
        self.shift, self.turn = shift, turn

    def rowwise(self) -> tuple[nn.Module, ...]:
        """The encoders; a table of pairs mixes rows."""
        return self.x, self.y

    def _bounded(self, joined: Tensor) -> Tensor:
        """The output of the head (..., features) to (...), bounded to [least, most]."""
        raw = self.head(joined)[..., 0]
        below = self.most - softplus(self.most - raw)
        return self.least + softplus(below - self.least)

    def forward(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of the pairs (x_i, y_i) at times t (B,) of x and s (B,) of y, shape (B,)."""
        return self._bounded(self.from_x(self.x(x, t)) + self.from_y(self.y(y, s)))

    def table(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of every x_i with every y_j, shape (B, B)."""
        return self._bounded(self.from_x(self.x(x, t))[:, None] + self.from_y(self.y(y, s)))


def pair_size(shapes: dict[str, list[int]]) -> int:
    """The number of coordinates or channels of y. Raises InputError for data without pairs."""
    if "train_pair" not in shapes:
        raise InputError("net: a ratio needs data with pairs")
    return shapes["train_pair"][1]


def time_features(t: Tensor) -> Tensor:
    """Sines and cosines of times (B,), (B, 16)."""
    angle = t[:, None] * pi * torch.arange(1, 9, device=t.device)
    return torch.cat([angle.sin(), angle.cos()], -1).to(t.dtype)
