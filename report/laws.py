"""The 2-D laws of params.yaml, as the playground of the page reads them."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from scorefield.core.exact import Mixture
from scorefield.core.interval import spread
from scorefield.pipeline import params
from scorefield.pipeline.facts import data_facts

FEW = {"train": 32, "validation": 32, "test": 32}  # only the law is wanted, not its samples
RARE = 0.5  # of an equal part: a mode of less weight is marked


@dataclass(frozen=True)
class Pair:
    """The law of y in pairs (x, y): its means (K, 2), and the slope of x on y in a component; the
    spread is that of x."""

    mean: list[list[float]]
    slope: float


@dataclass(frozen=True)
class PlayLaw:
    """A mixture of round Gaussians in 2-D: weight (K,), mean (K, 2), variance (K,), and the mode
    (K,) of each component. `special` is a component that is rare or withheld, if one is. `spread`
    is the unit of guidance intervals, as `ibg` reads it from the exact denoiser."""

    name: str
    weight: list[float]
    mean: list[list[float]]
    variance: list[float]
    mode: list[int]
    spread: float
    special: int | None = None
    pair: Pair | None = None


def play_law(
    name: str,
    mixture: Mixture,
    mode: list[int],
    special: int | None,
    pair: Pair | None = None,
) -> PlayLaw:
    """A mixture of round Gaussians, as the playground reads it."""
    exact = Mixture(*(part.double() for part in (mixture.weight, mixture.mean, mixture.cov)))
    return PlayLaw(
        name=name,
        weight=exact.weight.tolist(),
        mean=exact.mean.tolist(),
        variance=exact.cov[:, 0, 0].tolist(),
        mode=mode,
        spread=spread(exact.denoiser(), exact.mean),
        special=special,
        pair=pair,
    )


def marked(weight: Tensor, mode: Tensor) -> int | None:
    """The component of the rare or withheld mode, if there is one of one component."""
    shares = torch.zeros(int(mode.max()) + 1, dtype=torch.float64).index_add_(0, mode, weight)
    special = int(shares.argmin())
    if shares[special] >= RARE * shares.mean() or int((mode == special).sum()) > 1:
        return None
    return int((mode == special).nonzero()[0, 0])


def of_points(name: str, data: dict[str, Tensor]) -> PlayLaw:
    """The law of a dataset of points."""
    mixture = Mixture(*(data[f"mixture.{key}"] for key in ("weight", "mean", "cov")))
    pair = None
    if "joint.mean" in data:
        slope = (data["joint.cov"][0, 0, 2] / data["joint.cov"][0, 2, 2]).item()
        pair = Pair(data["joint.mean"][:, 2:].double().tolist(), slope)
    mode = data["mixture.mode"]
    return play_law(name, mixture, mode.tolist(), marked(mixture.weight, mode), pair)


def of_layouts(name: str, data: dict[str, Tensor]) -> list[PlayLaw]:
    """The laws of a dataset of layouts, each with its rare mode; the mode is component 0."""
    found = []
    for member in (data["regime"] == data["regime"].max()).nonzero().flatten().tolist():
        size = int(data["size"][member])
        parts = (data[f"mixture.{key}"][member][:size] for key in ("weight", "mean", "cov"))
        label = f"{name} {int(data['layout'][member])}"
        found.append(play_law(label, Mixture(*parts), [*range(size)], special=0))
    return found


def laws() -> list[dict[str, Any]]:
    """The laws of all entries of `data` that are points or layouts, in the order of params.yaml."""
    found: list[PlayLaw] = []
    for name, spec in params.load()["data"].items():
        kind = data_facts(params.load(), name).kind
        if kind not in ("points", "layouts"):
            continue
        data = params.method("data", spec["source"], spec)(**FEW)
        found += [of_points(name, data)] if kind == "points" else of_layouts(name, data)
    return [asdict(law) for law in found]
