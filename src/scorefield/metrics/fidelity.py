"""FID, KID, precision and recall of features; FID, precision and recall by torch-fidelity."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count

ROWS = 200  # of one block of distances


def fid(fake: Tensor, real: Tensor) -> float:
    """The Frechet distance (Heusel et al. 2017) of features (M, F) and (N, F) in float64."""
    from torch_fidelity import metric_fid

    statistics = [metric_fid.fid_features_to_statistics(part) for part in (fake, real)]
    found = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    return float(found[metric_fid.KEY_METRIC_FID])


def kid(fake: Tensor, real: Tensor) -> float:
    """The squared MMD with the kernel (x y / F + 1)^3 of features (M, F) and (N, F), by the
    unbiased estimate over all pairs (Binkowski et al. 2018). The authors average over subsets to
    save memory; on features with heavy tails their mean varies with the draw of subsets."""
    x, y = fake.double(), real.double()

    def total(a: Tensor, b: Tensor) -> Tensor:
        return torch.stack(
            [(part @ b.T / a.shape[1] + 1).pow(3).sum() for part in a.split(ROWS)]
        ).sum()

    def within(a: Tensor) -> Tensor:
        own = (a.square().sum(1) / a.shape[1] + 1).pow(3).sum()
        return (total(a, a) - own) / (len(a) * (len(a) - 1))

    return (within(x) + within(y) - 2 * total(x, y) / (len(x) * len(y))).item()


def precision_recall(fake: Tensor, real: Tensor, neighbours: Count = 3) -> dict[str, float]:
    """`precision`, the share of fake features (M, F) in a ball around a real one (N, F), and
    `recall`, the share of real ones in a ball around a fake one (Kynkaanniemi et al. 2019). The
    radius of a ball is the distance to the neighbour of that number."""
    from torch_fidelity import metric_prc

    found = metric_prc.prc_features_to_metric(
        fake,
        real,
        prc_neighborhood=neighbours,
        prc_batch_size=ROWS,
        save_cpu_ram=True,
        verbose=False,
    )
    return {key: float(found[key]) for key in ("precision", "recall")}


def fidelity(fake: Tensor, real: Tensor, neighbours: Count = 3) -> dict[str, float]:
    """`fid`, `kid`, `precision` and `recall` of features (M, F) and (N, F)."""
    figures = {"fid": fid(fake, real), "kid": kid(fake, real)}
    return figures | precision_recall(fake, real, neighbours)
