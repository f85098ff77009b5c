"""The instability study of points, whose exact laws are known."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from scorefield.core.bounds import Count
from scorefield.core.datasets import Layouts
from scorefield.core.denoiser import Denoiser
from scorefield.core.model import Model
from scorefield.core.noise import Randn
from scorefield.core.results import PointScores
from scorefield.experiments.instability import instability_scores
from scorefield.experiments.instability_maps import LawsNetwork, Settings, heat_maps
from scorefield.metrics.discovery import off_mode_points


def scores_of_points(
    model: Model,
    control: Model,
    laws: LawsNetwork,
    data: Layouts,
    n: int,
    settings: Settings,
    folder: Path,
    *,
    chunk: Count = 500,
) -> PointScores | None:
    """Scores of `points`, with heat maps; None but on rank 0. `laws` are the exact ones; a further
    score, `energy`, is -log p_t under them."""

    def energy(denoiser: Denoiser, x: Tensor, t: Tensor, randn: Randn) -> Tensor:
        return laws.energies(x, t)

    x, device = points(data, n, settings.seed), model.device
    every = replace(settings, scores=settings.scores | {"energy": energy})
    found = instability_scores([model, control], x.to(device), every, folder, axes=2, chunk=chunk)
    if found is None:
        return None
    maps = heat_maps(model, control, laws, len(data.size), settings, device)
    return PointScores(x, found.mean, found.scores, maps)


def points(data: Layouts, n: int, seed: int) -> Tensor:
    """n points of each of four kinds, (4 n, E, 2): the special mode, training data, off-mode points
    as far from the ordinary modes as the special mode's points, and points around the decoy, which
    is the origin where there is none."""
    generator = torch.Generator().manual_seed(seed)
    centre, std = data.mean[:, 0], data.std[:, None]

    def around(place: Tensor) -> Tensor:
        noise = torch.randn(n, *centre.shape, generator=generator, dtype=std.dtype)
        return (place + std * noise).float()

    special = around(centre)
    decoy = around(data.decoy.nan_to_num().double())
    return torch.cat([special, data.train[:n], off_mode_points(special, data, generator), decoy])
