"""FID, KID, precision and recall by torch-fidelity, on the features of a judge of ours."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.files import to_bytes, to_unit
from scorefield.core.ranks import by_rows

BATCH = 200  # images that are read at once; rows of a table of distances


@torch.no_grad()
def features(images: Tensor, judge: Model) -> Tensor:
    """What the judge makes of images (N, C, H, W), bytes or in [-1, 1], as files hold them, in
    bytes: (N, F), float64, on the CPU."""
    device = next(judge.parameters()).device
    read = lambda part: judge.net.features(to_unit(to_bytes(part)).to(device)).double().cpu()
    return by_rows(read, images, BATCH)


def compared(
    fake: Tensor,
    real: Tensor,
    neighbours: int = 3,
    kid_subsets: int = 0,
    kid_subset_size: int = 1000,
) -> dict[str, float]:
    """fid (Heusel et al. 2017) of features (M, F) and (N, F), fake first; with kid_subsets > 0
    also kid (Binkowski et al. 2018), precision and recall (Kynkaanniemi et al. 2019)."""
    from torch_fidelity import metric_kid, metric_prc

    found = {"fid": distance(fake, real)}
    if not kid_subsets:
        return found
    sizes = {"kid_subset_size": min(kid_subset_size, len(fake), len(real))}
    kid = metric_kid.kid_features_to_metric(
        fake, real, kid_subsets=kid_subsets, verbose=False, **sizes
    )
    prc = metric_prc.prc_features_to_metric(
        fake,
        real,
        prc_neighborhood=neighbours,
        prc_batch_size=BATCH,
        save_cpu_ram=True,
        verbose=False,
    )
    kept = {key: float(prc[key]) for key in ("precision", "recall")}
    return found | {"kid": float(kid[metric_kid.KEY_METRIC_KID_MEAN])} | kept


def distance(fake: Tensor, real: Tensor) -> float:
    """The FID of features (M, F) and (N, F)."""
    from torch_fidelity import metric_fid

    statistics = [metric_fid.fid_features_to_statistics(part) for part in (fake, real)]
    return metric_fid.fid_statistics_to_metric(*statistics, verbose=False)[
        metric_fid.KEY_METRIC_FID
    ]


def fidelity(fake: Tensor, real: Tensor, judge: Model, *given: int, **named: int) -> dict:
    """`compared` of images (N, C, H, W) in [-1, 1], fake first."""
    return compared(features(fake, judge), features(real, judge), *given, **named)
