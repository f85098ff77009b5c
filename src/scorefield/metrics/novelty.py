"""How far samples are from real data: novel or merely wrong, which only coherence tells apart."""

import torch
from torch import Tensor


def novelty(fake: Tensor, real: Tensor, nearest: int = 5, local: int = 20) -> dict[str, Tensor]:
    """Per sample, of features (M, F) and (N, F), shape (M,): `avgknn`, the mean distance to the
    `nearest` real neighbours; `lof`, the local outlier factor of `local` neighbours (Breunig et
    al. 2000), 1 as dense as its neighbours; `rarity`, the radius of the smallest ball around real
    data, as far as each one's third neighbour, that holds it (Han et al. 2023), not a number where
    none does."""
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

    points, real = fake.double(), real.double().numpy()
    found = NearestNeighbors(n_neighbors=nearest).fit(real)
    radius = torch.from_numpy(found.kneighbors(real, 4)[0][:, 3])
    far = torch.from_numpy(found.kneighbors(points.numpy())[0]).mean(1)
    holding = torch.cat([held(part, torch.from_numpy(real), radius) for part in points.split(1000)])
    outlier = LocalOutlierFactor(n_neighbors=local, novelty=True).fit(real)
    return {
        "avgknn": far,
        "lof": -torch.from_numpy(outlier.score_samples(points.numpy())),
        "rarity": holding,
    }


def held(x: Tensor, real: Tensor, radius: Tensor) -> Tensor:
    """The smallest radius (N,) of the balls around (N, F) that hold each of (M, F)."""
    smallest = torch.where(torch.cdist(x, real) <= radius, radius, torch.inf).min(1).values
    return torch.where(smallest.isfinite(), smallest, torch.nan)


def summary(scores: dict[str, Tensor]) -> dict[str, float]:
    """Means over samples, rarity over those inside a ball, and the share inside none."""
    figures = {key: value.nanmean().item() for key, value in scores.items()}
    figures["rarity_outside"] = scores["rarity"].isnan().double().mean().item()
    return {key: value for key, value in figures.items() if value == value}
