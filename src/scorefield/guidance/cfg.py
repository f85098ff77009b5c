"""Classifier-free guidance (Ho and Salimans 2022): towards the class label of each sample."""

from dataclasses import replace

import torch
from torch import Tensor

from scorefield.core.bounds import Choice
from scorefield.core.condition import Condition
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.errors import InputError
from scorefield.core.model import classes_of


def cfg(denoiser: Denoiser, *, scale: float = 1.0) -> Denoiser:
    """x_0 without a label, plus `scale` times the difference that the label makes; scale 1 is the
    conditional model. The labels (B,) are the condition of the samples.

    Two network calls, one at scale 1. Raises InputError for a denoiser that takes no labels, and
    for one that draws at another scale than 1.
    """
    if not classes_of(denoiser):
        raise InputError(
            "guidance: cfg needs a model that takes labels (net: dit, dit.classes: 10)"
        )
    if scale != 1:
        needs_mean(denoiser, "cfg at a scale other than 1")

    def make(chunk: Chunk) -> Function:
        (labelled,) = chunk.bind(denoiser)
        if scale == 1 or chunk.condition is None:
            return labelled
        (unlabelled,) = replace(chunk, condition=None).bind(denoiser)

        def guided(x: Tensor, t: Tensor) -> Tensor:
            conditional, unconditional = labelled(x, t), unlabelled(x, t)
            return unconditional + scale * (conditional - unconditional)

        return guided

    return derived(denoiser, make)


def condition(data: dict[str, Tensor], n: int, *, label: Choice = -1) -> Condition:
    """The label of each of n samples: all classes in turn if `label` is -1, else that one. Raises
    InputError for data without labels, and for an unknown label."""
    if "train_labels" not in data:
        raise InputError("cfg guidance needs data with labels")
    classes = int(data["train_labels"].max()) + 1
    if not -1 <= label < classes:
        raise InputError(f"cfg.label: expected -1 to {classes - 1}, found {label}")
    labels = torch.arange(n) % classes if label < 0 else torch.full((n,), label)
    return Condition(labels)
