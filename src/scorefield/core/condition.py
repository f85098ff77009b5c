"""Conditions of samples: labels, or examples that they should match."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Condition:
    """The condition of each of n samples, `values` (n, ...), and the index `source` (n,) of the
    test example that it is, -1 for none; `source` is None where no condition is a test example."""

    values: Tensor
    source: Tensor | None = None
