"""How far samples are from real data: novel or merely wrong, which only coherence tells apart."""

import torch
from torch import Tensor

from scorefield.metrics.distances import nearest, over, reach

COUNT, LOCAL, BALL = 5, 20, 3  # neighbours: of a mean distance, of a density, of a ball


def novelty(
    fake: Tensor, real: Tensor, count: int = COUNT, local: int = LOCAL
) -> dict[str, Tensor]:
    """Per sample, of features (M, F) and (N, F), shape (M,): `avgknn`, the mean distance from
    `count` real neighbours; `lof`, the local outlier factor of `local` neighbours (Breunig et al.
    2000), 1 as dense as its neighbours; `rarity`, the radius of the smallest ball around real data,
    as far as each one's third neighbour, that holds it (Han et al. 2023), not a number where none
    does."""
    from sklearn.neighbors import LocalOutlierFactor

    fake, real = fake.double(), real.double()
    radius = reach(real, BALL)

    def smallest(far: Tensor) -> Tensor:
        return torch.where(far <= radius, radius, torch.inf).min(1).values

    ball = over(smallest, fake, real)
    outlier = LocalOutlierFactor(n_neighbors=local, novelty=True).fit(real.numpy())
    return {
        "avgknn": nearest(fake, real, count).mean(1),
        "lof": -torch.from_numpy(outlier.score_samples(fake.numpy())),
        "rarity": torch.where(ball.isfinite(), ball, torch.nan),
    }


def summary(scores: dict[str, Tensor]) -> dict[str, float]:
    """Means over the samples of `novelty`, rarity over those inside a ball, and `rarity_outside`,
    the share inside none; a mean of nothing is left out."""
    figures = {key: value.nanmean().item() for key, value in scores.items()}
    figures["rarity_outside"] = scores["rarity"].isnan().double().mean().item()
    return {key: value for key, value in figures.items() if value == value}
