"""Classifier-free guidance (Ho and Salimans 2022): towards the class each sample was given."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, Model, needs_mean
from scorefield.core.errors import InputError


def cfg(model: Model, helper: Model, *, scale: float, label: int) -> Denoiser:
    """x_0 of no label, plus `scale` times what the label adds to it; 1 is the conditional model.

    Two network calls, one at scale 1. What the labels are follows from `label`, see `given`. Raises
    InputError for a model that was trained without labels, and at another scale for one that
    draws.
    """
    if not getattr(model.net, "labelled", False):
        raise InputError(
            "guidance: cfg needs a model that knows labels (net: dit, dit.classes: 10)"
        )

    if scale != 1:
        needs_mean(model, "cfg at a scale other than 1")

    def told(x: Tensor, t: Tensor) -> Tensor:
        x0, labels = model(x, t), model.given
        if scale == 1 or labels is None:
            return x0
        model.given = None
        free = model(x, t)
        model.given = labels
        return free + scale * (x0 - free)

    return told


def given(data: dict[str, Tensor], n: int, *, label: int) -> dict[str, Tensor]:
    """The label of each of n samples, `given` (n,): all in turn if `label` is -1, else that one.
    Raises InputError for data without it."""
    if "train_labels" not in data:
        raise InputError("cfg guidance needs data with labels")
    classes = int(data["train_labels"].max()) + 1
    if not -1 <= label < classes:
        raise InputError(f"cfg.label: expected -1 to {classes - 1}, found {label}")
    return {"given": torch.arange(n) % classes if label < 0 else torch.full((n,), label)}
