"""Novelty: the distance of samples from real data. Only with `coherence` is a distant sample new
and not simply wrong."""

from math import isnan

import torch
from torch import Tensor

from scorefield.metrics.distances import map_distances, nearest_distances, neighbour_distance

COUNT, LOCAL, BALL = 5, 20, 3  # neighbours for avgknn, lof and rarity


def novelty(
    fake: Tensor, real: Tensor, count: int = COUNT, local: int = LOCAL
) -> dict[str, Tensor]:
    """Scores of each sample, (M,), from features (M, F) and real ones (N, F). `avgknn` is the mean
    distance to `count` real neighbours. `lof` is the local outlier factor with `local` neighbours
    (Breunig et al. 2000), 1 where the sample lies as densely as its neighbours. `rarity` is the
    radius of the smallest ball of real data that holds the sample (Han et al. 2023), NaN where none
    does; a ball reaches to the third neighbour of its centre."""
    from sklearn.neighbors import LocalOutlierFactor

    fake, real = fake.double(), real.double()
    radius = neighbour_distance(real, BALL)

    def smallest(distances: Tensor) -> Tensor:
        return torch.where(distances <= radius, radius, torch.inf).min(1).values

    ball = map_distances(smallest, fake, real)
    outlier = LocalOutlierFactor(n_neighbors=local, novelty=True).fit(real.numpy())
    return {
        "avgknn": nearest_distances(fake, real, count).mean(1),
        "lof": -torch.from_numpy(outlier.score_samples(fake.numpy())),
        "rarity": torch.where(ball.isfinite(), ball, torch.nan),
    }


def novelty_summary(scores: dict[str, Tensor]) -> dict[str, float]:
    """Means of the scores of `novelty`, rarity over samples inside a ball, and `rarity_outside`,
    the share of samples in no ball; a mean over no samples is left out."""
    figures = {key: value.nanmean().item() for key, value in scores.items()}
    figures["rarity_outside"] = scores["rarity"].isnan().double().mean().item()
    return {key: value for key, value in figures.items() if not isnan(value)}
