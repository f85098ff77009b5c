"""Hits against junk: what each way of steering buys at each scale."""

import pandas
import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.metrics.coherence import coherence, special
from scorefield.metrics.discovery import found, places, share_error
from scorefield.metrics.novelty import novelty
from scorefield.metrics.ranking import mean_se

Cell = tuple[str, str, float]  # role, way, scale
PLACES = {"all": lambda inside: inside | True, "interior": lambda i: i, "edge": lambda i: ~i}


def over_layouts(
    cells: dict[Cell, Tensor], data: dict[str, Tensor], within: float
) -> dict[Cell, dict[str, Tensor]]:
    """Of samples (N, E, 2) of every cell: figures (E,), those of `found` and mean novelty."""
    figures = {cell: found(places(x, data, within), data) for cell, x in cells.items()}
    every = torch.stack(list(cells.values()))
    for member in range(every.shape[2]):
        scores = novelty(every[:, :, member].flatten(0, 1), data["train"][:1000, member])
        for key, value in scores.items():
            means = value.view(every.shape[:2]).nanmean(1)
            for cell, mean in zip(figures, means, strict=True):
                figures[cell].setdefault(key, torch.empty(every.shape[2]))[member] = mean
    return figures


def of_layouts(
    figures: dict[Cell, dict[str, Tensor]], data: dict[str, Tensor], regimes: tuple[str, ...]
) -> pandas.DataFrame:
    """One row a role, way, scale, regime and place of the special mode (inside or outside of the
    others, or all): means over layouts and their standard errors."""
    rows = []
    for (role, way, scale), values in figures.items():
        for i, regime in enumerate(regimes):
            for place, chosen in PLACES.items():
                mine = (data["regime"] == i) & chosen(data["interior"].bool())
                key = {"role": role, "way": way, "scale": scale, "regime": regime, "place": place}
                for figure, value in values.items():
                    kept = value[mine & ~value.isnan()]
                    if len(kept) > 1:
                        key[figure], key[f"{figure}_se"] = mean_se(kept.double())
                rows.append(key)
    return pandas.DataFrame(rows)


def elsewhere(
    figures: dict[Cell, dict[str, Tensor]],
    data: dict[str, Tensor],
    role: str,
    way: str,
    most: float,
    regime: int,
) -> dict[str, Tensor]:
    """Hits, junk and scale of each layout (L,) of a regime, where one half of the layouts, every
    other one, takes the scale that had most hits on the other half with a mean junk of at most
    `most` there; scale 0, unguided, where none had so little."""
    mine = data["regime"] == regime
    cells = [(role, "plain", 0.0), *(cell for cell in figures if cell[:2] == (role, way))]
    hit, junk = (torch.stack([figures[c][key][mine] for c in cells]) for key in ("hit", "junk"))
    half, row = torch.arange(hit.shape[1]) % 2, torch.arange(hit.shape[1])
    best = torch.zeros_like(half)
    for side in (0, 1):
        other = half == 1 - side
        allowed = hit[:, other].mean(1).where(junk[:, other].mean(1) <= most, -1.0)
        best[half == side] = allowed.argmax()
    scales = torch.tensor([cell[2] for cell in cells])
    inside = data["interior"][mine].bool()
    return {
        "hit": hit[best, row],
        "junk": junk[best, row],
        "scale": scales[best],
        "interior": inside,
    }


def of_images(cells: dict[Cell, Tensor], data: dict[str, Tensor], judge: Model) -> pandas.DataFrame:
    """One row a cell: shares of samples and their standard errors, and the means of novelty; the
    last row is the validation split without the special class, whose hits are the judge's false
    alarms."""
    if (label := special(data)) is None:
        raise InputError("a sweep of images needs data with a rare or withheld class")
    others = data["validation"][data["validation_labels"] != label]
    every = cells | {("real", "data", 0.0): others}
    scores = coherence(torch.cat(list(every.values())), data, judge)
    parts = {key: value.split([len(x) for x in every.values()]) for key, value in scores.items()}
    rows = []
    for i, (role, way, scale) in enumerate(every):
        row = {"role": role, "way": way, "scale": scale}
        for key, values in parts.items():
            value = values[i].double()
            row[key] = value.nanmean().item()
            if values[i].dtype == torch.bool:
                row[f"{key}_se"] = share_error(row[key], len(value))
        rows.append(row | {"junk": 1 - row["coherent"], "junk_se": row["coherent_se"]})
    return pandas.DataFrame(rows)
