"""The exact log ratio of the smoothed law of training pairs of images; nothing is trained."""

from typing import Literal

import torch
from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.empirical import Empirical
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule
from scorefield.nets._images import TrainingImages
from scorefield.nets._ratio import BINS

ROLE, KINDS = "ratio", ("images",)


def ratio_exact(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: Positive = 0.37,
    pairing: Literal["class", "instance"] = "class",
    condition: Literal["clean", "same_t"] = "clean",
) -> Network:
    """T of images x and y (B, C, H, W) in closed form, where x and y each have the law of `net:
    exact`. With class pairing they are independent given their class, with instance pairing given
    the number of the training pair. Nothing is trained, so that every objective of ratios fits: it
    measures the loss and the figures of held-out pairs."""
    return RatioExact(shapes, schedule, width, pairing, condition)


class RatioExact(Network):
    """log sum_h p(h | x_t) p(h | y) / p(h), of the class or of the number h of a training pair; the
    same interface as `nets._ratio.Ratio`. In float64, one product of (B, D) with (D, N) for x and
    one for y."""

    log_mean: Tensor
    float64 = True
    shift, turn = 0.0, 0.0

    def __init__(
        self,
        shapes: dict[str, list[int]],
        schedule: Schedule,
        width: float,
        pairing: str,
        condition: str,
    ) -> None:
        super().__init__()
        self.schedule, self.pairing, self.condition = schedule, pairing, condition
        self.x, self.y = (TrainingImages(shapes, key, width) for key in ("train", "train_pair"))
        self.register_buffer("log_mean", torch.zeros(BINS))

    def begin(self, data: dict[str, Tensor]) -> None:
        """Set the laws to those of the training pairs."""
        self.x.begin(data)
        self.y.begin(data)

    def rowwise(self) -> tuple[()]:
        """None, because a table mixes rows."""
        return ()

    def forward(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of the pairs (x_i, y_i) at times t (B,) of x and s (B,) of y, shape (B,)."""
        of_x, of_y = self._causes(self.x.law(), x, t), self._causes(self.y.law(), y, s)
        return (of_x + of_y - self._prior()).logsumexp(1).to(x.dtype)

    def table(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of every x_i with every y_j, shape (B, B)."""
        of_x, of_y = self._causes(self.x.law(), x, t), self._causes(self.y.law(), y, s)
        rest = of_y - self._prior()
        return torch.stack([(row + rest).logsumexp(1) for row in of_x]).to(x.dtype)

    def _causes(self, law: Empirical, x: Tensor, t: Tensor) -> Tensor:
        """log p(h | x_t), (B, H)."""
        by_class = self.pairing == "class"
        return (law.log_classes if by_class else law.log_weights)(self.schedule, x, t)

    def _prior(self) -> Tensor:
        """log p(h), (H,), or () where all are equal."""
        law = self.x.law()
        if self.pairing == "class":
            return law.class_shares.log()
        return -torch.tensor(float(len(law.points)), dtype=law.points.dtype).log()
