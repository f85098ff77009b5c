"""Averages of the weights while a model trains."""

import copy
from pathlib import Path

import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.power_average import KEPT, Snapshot, decay, exponent
from scorefield.pipeline import ranks
from scorefield.pipeline.files import save_tensors
from scorefield.pipeline.kept_weights import SNAPSHOTS, snapshot_file


def follow(average: Model, model: Model, decay: float) -> None:
    """Move the averaged weights towards the model's; buffers are those of the model."""
    with torch.no_grad():
        for kept, now in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(now)
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def power_averages(model: Model, folder: Path | None) -> dict[float, Model]:
    """The averages of two widths from which any other is made after the training, see
    `core.power_average`. Raises InputError without a folder for their snapshots."""
    if folder is None:
        raise InputError("snapshots: expected 0, there is no folder to keep them in")
    return {width: copy.deepcopy(model).eval().requires_grad_(False) for width in KEPT}


def follow_powers(
    averages: dict[float, Model], model: Model, step: int, folder: Path | None, kept: set[int]
) -> None:
    """Take a step, counted from 1, into the averages; write them to the folder at the steps that
    are kept."""
    for width, average in averages.items():
        follow(average, model, decay(step, exponent(width)))
        if folder and step in kept and ranks.rank() == 0:
            file = snapshot_file(folder / SNAPSHOTS, Snapshot(step, width))
            save_tensors(file, average.net.state_dict())
