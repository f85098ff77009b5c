"""Types of knobs: the range of a number, and the knobs that name a method.

They document the signature of a method, and the validation of params.yaml reads them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Interval, Len, MultipleOf


@dataclass(frozen=True)
class Method:
    """Marks a knob whose value is the name of a method: a file in the folder `kind`."""

    kind: str


Natural = Annotated[int, Ge(0)]
Count = Annotated[int, Ge(1)]
Several = Annotated[int, Ge(2)]
Pairs = Annotated[int, Ge(2), MultipleOf(2)]
Enough = Annotated[int, Ge(32)]  # of a split: figures take up to 20 neighbours in it
Size = Annotated[int, Interval(ge=1, le=8192)]  # of a part of a network
Batch = Annotated[int, Interval(ge=1, le=65_536)]
Turns = Annotated[int, Interval(ge=-3, le=3)]  # quarter turns
Choice = Annotated[int, Ge(-1)]  # an index, or -1 for all in turn
Seed = Annotated[int, Interval(ge=0, lt=2**63)]
Positive = Annotated[float, Gt(0)]
NonNegative = Annotated[float, Ge(0)]
Stable = Annotated[float, Interval(gt=0, lt=2)]  # a step that is unstable from 2
Exponent = Annotated[float, Interval(gt=0, le=2)]
Share = Annotated[float, Interval(ge=0, le=1)]
OpenShare = Annotated[float, Interval(gt=0, lt=1)]
Below1 = Annotated[float, Interval(ge=0, lt=1)]
Correlation = Annotated[float, Interval(gt=-1, lt=1)]
Width = Annotated[float, Interval(gt=0, le=0.28)]  # of an average, relative to its training
Labels = Sequence[Natural]
Widths = Annotated[Sequence[Size], Len(1)]
Score = Annotated[str | Callable[..., Any], Method("instability")]
OptimiserName = Annotated[str | Callable[..., Any], Method("optimisers")]
