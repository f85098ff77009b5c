"""The types of knobs: what a number may be, and which knobs name a method.

They are read twice: by whoever reads a signature, and by the validation of params.yaml.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Interval, Len, MultipleOf


@dataclass(frozen=True)
class Method:
    """Marks a knob whose value names a method of a kind, a file in that folder."""

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
