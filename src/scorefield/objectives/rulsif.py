"""Log density ratio by relative least squares (Yamada et al. 2011)."""

from math import log

from torch import Tensor

from scorefield.core.bounds import Below1
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.objectives._ratio import diagnose, mean_independent, pairs, probe

ROLE = "ratio"
__all__ = ["diagnose", "probe", "rulsif"]


def rulsif(model: Model, batch: dict[str, Tensor], *, relative: Below1 = 0.2) -> Tensor:
    """Least squares for w = r / (a r + 1 - a), r the ratio and a = `relative` in [0, 1), (B,).

    w is at most 1 / a. With the link w = sigmoid(T + log(a / (1 - a))) / a, or e^T for a = 0, the
    minimiser is T = log r, so that guidance needs no correction. Raises InputError for another a.
    """
    if not 0 <= relative < 1:
        raise InputError(
            f"rulsif.relative: expected a number of at least 0 and below 1, found {relative:g}"
        )
    joint, every, independent, _ = pairs(model, batch)

    def w(value: Tensor) -> Tensor:
        if relative == 0:
            return value.exp()
        return (value + log(relative / (1 - relative))).sigmoid() / relative

    squares = relative * w(joint) ** 2
    squares = squares + (1 - relative) * mean_independent(w(every) ** 2, independent)
    return squares / 2 - w(joint)
