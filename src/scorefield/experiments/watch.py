"""Scores and pictures of a model while it trains, which change nothing in its training."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from torch import Tensor

from scorefield.core.bounds import Count, Method, Natural, Several
from scorefield.core.model import Model
from scorefield.core.registry import load_method

SamplerName = Annotated[str, Method("samplers")]


@dataclass(frozen=True)
class Watch:
    """The name of the score of a training, lower is better; the steps between; and what computes
    it, of a model after a step, and writes a picture."""

    score: str
    every: int
    measure: Callable[[Model, int], dict[str, float]]


def watch(
    data: dict[str, Tensor],
    folder: Path,
    *,
    every: Natural = 0,
    samples: Several = 500,
    sampler: SamplerName = "ddim",
    steps: Count = 20,
    score: Literal["auto", "fid", "kid", "mmd2"] = "auto",
    evaluator: str = "",
    sha256: str = "",
) -> Watch | None:
    """How a model of some data is scored `every` so many steps of its training, by the averaged
    weights against the validation split; None if `every` is 0.

    `auto` is MMD for points and FID for images; FID and KID take the features of the network in the
    folder `evaluator`, whose checksum is `sha256` if that is given. Pictures are written to
    `folder`. Raises InputError for what does not fit.
    """
    if not every:
        return None
    real = data["validation"]
    name = score if score != "auto" else "mmd2" if real.ndim == 2 else "fid"
    make = load_method("experiments", "score_samples")
    measure = make(name, samples, sampler, steps, evaluator, sha256, real, folder)
    return Watch(name, every, measure)
