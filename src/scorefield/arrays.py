"""Conversion of arrays to training data, with checks."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.pipeline.files import to_unit

LEAST, HELD = 10, 2048  # the least number of rows; the most rows for validation
SIZES = (0.05, 20.0)  # the range of root mean squares of points that fits the noise levels


def samples(array: ArrayLike | Tensor) -> Tensor:
    """Points (N, D) or images (N, C, H, W) in [-1, 1], float32, on the CPU, of an array (N, D),
    (N, C, H, W) or (N, H, W), images as bytes or floats. Raises InputError for anything else."""
    x = numbers(array)
    if x.ndim not in (2, 3, 4) or 0 in x.shape[1:]:
        raise InputError(
            f"array: expected points (N, D) or images (N, C, H, W) or (N, H, W), found {[*x.shape]}"
        )
    if len(x) < LEAST:
        raise InputError(f"array: expected at least {LEAST} rows, found {len(x)}")
    return points(x) if x.ndim == 2 else images(x[:, None] if x.ndim == 3 else x)


def numbers(array: ArrayLike | Tensor) -> Tensor:
    """A tensor of finite numbers on the CPU. Raises InputError for other values."""
    found = array.detach().cpu() if isinstance(array, Tensor) else np.array(array)
    if isinstance(found, np.ndarray) and found.dtype.kind not in "iuf":
        raise InputError(f"array: expected numbers, found {found.dtype}")
    x = torch.as_tensor(found)
    if x.is_complex() or x.dtype == torch.bool:
        raise InputError(f"array: expected numbers, found {x.dtype}")
    broken = (~x.flatten(1).isfinite().all(1)).nonzero() if x.ndim > 1 else x[:0]
    if len(broken):
        raise InputError(f"array: expected finite values; row {int(broken[0])} has others")
    return x


def points(x: Tensor) -> Tensor:
    """Points (N, D) as floats. Raises InputError where their root mean square is far from 1, the
    size that the noise levels of all schedules assume."""
    x = x.float()
    root = x.square().mean().sqrt().item()
    if not SIZES[0] <= root <= SIZES[1]:
        raise InputError(
            f"array: expected points with a root mean square near 1, found {root:.3g}; subtract "
            "their mean and divide by their standard deviation first"
        )
    return x


def images(x: Tensor) -> Tensor:
    """Images (N, C, H, W) as floats in [-1, 1]. Raises InputError for channels in the last
    dimension, and for values other than bytes or floats in [-1, 1]."""
    if x.shape[-1] <= 4 < x.shape[1]:
        raise InputError(
            f"array: expected images (N, C, H, W), found {[*x.shape]} with channels last; use "
            "array.transpose(0, 3, 1, 2)"
        )
    if x.dtype == torch.uint8:
        return to_unit(x)
    low, high = x.min().item(), x.max().item()
    if not x.is_floating_point() or low < -1 or high > 1:
        raise InputError(
            f"array: expected images as bytes (uint8) or as floats in [-1, 1], found {x.dtype} "
            f"from {low:g} to {high:g}"
        )
    return x.float()


def splits(
    x: Tensor, labels: ArrayLike | Tensor | None, validation: float, seed: int
) -> dict[str, Tensor]:
    """Rows in random order as `train` and `validation`, with `<split>_labels` where there are any.
    Raises InputError for labels that are not one whole number from 0 for each row, and for a share
    that is not in (0, 1)."""
    if not 0 < validation < 1:
        raise InputError(f"validation: expected a share in (0, 1), found {validation}")
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    held = min(max(round(validation * len(x)), 1), HELD, len(x) - 1)
    parts = {"validation": order[:held], "train": order[held:]}
    data = {split: x[part] for split, part in parts.items()}
    if labels is not None:
        y = numbers(labels)
        if y.shape != x.shape[:1] or y.is_floating_point() or y.min() < 0:
            raise InputError(f"labels: expected {len(x)} whole numbers from 0, one for each row")
        data |= {f"{split}_labels": y.long()[part] for split, part in parts.items()}
    return data
