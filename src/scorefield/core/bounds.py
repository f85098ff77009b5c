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
Seed = Annotated[int, Interval(ge=0, lt=2**63)]
Positive = Annotated[float, Gt(0)]
NonNegative = Annotated[float, Ge(0)]
Exponent = Annotated[float, Interval(gt=0, le=2)]
Share = Annotated[float, Interval(ge=0, le=1)]
OpenShare = Annotated[float, Interval(gt=0, lt=1)]
Below1 = Annotated[float, Interval(ge=0, lt=1)]
Correlation = Annotated[float, Interval(gt=-1, lt=1)]
Labels = Sequence[Natural]
Widths = Annotated[Sequence[Count], Len(1)]
Score = Annotated[str | Callable[..., Any], Method("instability")]
OptimiserName = Annotated[str | Callable[..., Any], Method("optimisers")]
