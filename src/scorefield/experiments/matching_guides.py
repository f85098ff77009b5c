"""The matching study of one guide: samples guided to given test pairs at several scales, and the
log ratio of test pairs that the guide estimates."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from scorefield.core.denoiser import Counter, Denoiser, counted
from scorefield.core.hardware import device
from scorefield.core.log_ratio import LogRatio, counted_ratio, log_ratio_of
from scorefield.core.model import Model, put
from scorefield.core.results import GuidedSamples, RatioValues
from scorefield.core.schedule import time_at
from scorefield.core.tilt import gradient
from scorefield.experiments.matching import draw, knobs
from scorefield.guidance.cfg import cfg
from scorefield.guidance.ratio import condition, ratio
from scorefield.pipeline.files import load_data, load_model

LEVELS = (0.5, 1.0, 2.0, 4.0, 8.0)  # noise levels sigma / alpha at which ratios are compared
PAIRS = 128  # test pairs there
EXAMPLES = 3  # of a class, for `reads`


def matching_guides(spec: dict[str, Any], folder: Path) -> GuidedSamples:
    """The samples of an entry of `matching_guides`, from the noise of the study's unguided ones. A
    guide that takes labels gets those of y, for classifier-free guidance."""
    models = (load_model(f"models/{spec[key]}") for key in ("model", "guide"))
    model, guide = (put(each, device()) for each in models)
    data = load_data(spec["data"])
    y = condition(data, spec["n"])
    values = data["test_labels"][y.source] if guide.classes else y.values
    found = [
        draw(
            spec,
            folder / f"{scale}",
            partial(guided, model, guide, float(scale)),
            model.shape,
            condition=values,
        )
        for scale in spec["scales"]
    ]
    return GuidedSamples(
        scales=torch.tensor(spec["scales"], dtype=torch.float64),
        samples=torch.stack([cell.samples for cell in found]),
        nfe=torch.tensor([cell.nfe for cell in found]),
        source=y.source,
        ratio=None if guide.classes else ratio_values(log_ratio_of(guide), data),
    )


def guided(model: Model, guide: Model, scale: float, counter: Counter) -> Denoiser:
    """The model under guidance: by a density ratio, or by labels of the guide."""
    if guide.classes:
        return cfg(counted(guide, counter), scale=scale)
    log_ratio = counted_ratio(guide, counter)
    return ratio(counted(model, counter), log_ratio, scale=scale, **knobs())


def ratio_values(log_ratio: LogRatio, data: dict[str, Tensor]) -> RatioValues:
    """The ratio of up to PAIRS test pairs, and of as many independent x and y, at noise levels
    LEVELS; every ratio of the same data gets the same x_t and y."""
    source = torch.Generator().manual_seed(0)
    x, y = data["test"][:PAIRS].float(), data["test_pair"][:PAIRS].float()
    known = reads(log_ratio, data, y)
    y = torch.cat([y, y[torch.randperm(len(y), generator=source)]])
    x_noise, y_noise = (torch.randn(v.shape, generator=source) for v in (x, y))
    values, gradients, at, noised = [], [], device(), log_ratio.schedule.add_noise
    for level in LEVELS:
        t = time_at(log_ratio.schedule, level).float()
        s = t if log_ratio.condition == "same_t" else 0 * t
        x_t = noised(x, t, lambda _: x_noise).repeat(2, *[1] * (x.ndim - 1)).to(at)
        y_s, rows = noised(y, s, lambda _: y_noise).to(at), torch.ones(len(y), device=at)

        def of_pairs(z: Tensor, t: Tensor, y_s: Tensor = y_s, s: Tensor = s * rows) -> Tensor:
            return log_ratio(z, t, y_s, s)

        with torch.no_grad():
            values.append(of_pairs(x_t, t * rows).cpu())
        gradients.append(gradient(of_pairs, x_t, t * rows).cpu())
    return RatioValues(torch.tensor(LEVELS), torch.stack(values), torch.stack(gradients), known)


@torch.no_grad()
def reads(log_ratio: LogRatio, data: dict[str, Tensor], y: Tensor) -> Tensor:
    """Whether the mean ratio of each of the first test pairs y (M, ...), clean, with EXAMPLES
    training examples of a class is largest for its own class; bools (M,)."""
    labels, classes, at = data["test_labels"][: len(y)], data["train_labels"].unique(), device()
    every = [(data["train_labels"] == label).nonzero()[:EXAMPLES, 0] for label in classes]
    x = data["train"][torch.cat(every)].float().to(at)
    clean = torch.zeros(len(x), device=at)
    found = []
    for one in y.to(at):
        values = log_ratio(x, clean, one.expand(len(x), *one.shape), clean).cpu()
        parts = values.split([len(part) for part in every])
        found.append(torch.stack([part.exp().mean() for part in parts]).argmax())
    return classes[torch.stack(found)] == labels
