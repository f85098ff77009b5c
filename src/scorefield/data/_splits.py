"""Splits of labelled images."""

import torch
from torch import Tensor

from scorefield.core.errors import InputError


def stratified(labels: Tensor, per_class: int, seed: int) -> tuple[Tensor, Tensor]:
    """Indices of two random parts: the second has per_class items of each label, the first the
    rest."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    kept, taken = [], []
    for label in labels.unique():
        same = order[labels[order] == label]
        taken.append(same[:per_class])
        kept.append(same[per_class:])
    rank = torch.argsort(order)

    def shuffled(parts: list[Tensor]) -> Tensor:
        return order[rank[torch.cat(parts)].sort().values]

    return shuffled(kept), shuffled(taken)


def held_out(labels: Tensor, n: int, split: str) -> int:
    """How many images of each class are held out for a split of n. Raises InputError where that is
    none, or where a class has no image left for training."""
    least, classes = int(labels.unique(return_counts=True)[1].min()), len(labels.unique())
    if not 0 < n // classes < least:
        raise InputError(
            f"{split}: expected at least {classes} images, one for each class, and fewer than "
            f"{least * classes}, as the smallest class has {least}; found {n}"
        )
    return n // classes


def dataset(
    train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], validation: int, seed: int
) -> dict[str, Tensor]:
    """Splits of bytes (N, C, H, W) with labels (N,); `validation` of the training images, equally
    many of each class, are held out. Raises InputError where a class has too few for that."""
    images, labels = train
    kept, held = stratified(labels, held_out(labels, validation, "validation"), seed)
    return {
        "train": images[kept],
        "train_labels": labels[kept],
        "validation": images[held],
        "validation_labels": labels[held],
        "test": test[0],
        "test_labels": test[1],
    }
