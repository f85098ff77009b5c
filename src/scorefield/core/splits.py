"""Labelled images in splits."""

import torch
from torch import Tensor


def stratified(labels: Tensor, per_class: int, seed: int) -> tuple[Tensor, Tensor]:
    """Indices without and with per_class random items of each label, both in random order."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    kept, taken = [], []
    for label in labels.unique():
        mine = order[labels[order] == label]
        taken.append(mine[:per_class])
        kept.append(mine[per_class:])
    place = torch.argsort(order)
    in_order = [order[place[torch.cat(parts)].sort().values] for parts in (kept, taken)]
    return in_order[0], in_order[1]


def dataset(
    train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], validation: int, seed: int
) -> dict[str, Tensor]:
    """Splits of bytes (N, C, H, W) with labels (N,); `validation` images, equally many of each
    class, are held out of the training images."""
    images, labels = train
    kept, held = stratified(labels, validation // len(labels.unique()), seed)
    return {
        "train": images[kept],
        "train_labels": labels[kept],
        "validation": images[held],
        "validation_labels": labels[held],
        "test": test[0],
        "test_labels": test[1],
    }
