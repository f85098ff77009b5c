"""Log density ratio by least squares (Kanamori, Hido and Sugiyama 2009)."""

from torch import Tensor

from scorefield.core.model import Model
from scorefield.objectives._ratio import diagnose, probe
from scorefield.objectives.rulsif import rulsif

ROLE = "ratio"
__all__ = ["diagnose", "probe", "ulsif"]


def ulsif(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """`rulsif` at 0: half the mean w^2 of the independent pairs of a row minus w of its joint pair,
    (B,), w = e^T. The ratio is the minimiser. On finite data only the bounds of T keep the loss
    bounded."""
    return rulsif(model, batch, relative=0.0)
