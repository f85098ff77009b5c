"""What samples are to match."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Condition:
    """What each of n samples is to match, (n, ...), and which test example that is, (n,), -1 for
    none of them; no `source` where it comes from no test example."""

    values: Tensor
    source: Tensor | None = None
