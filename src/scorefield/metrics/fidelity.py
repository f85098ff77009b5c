"""FID, KID, precision and recall of features, computed by torch-fidelity."""

from torch import Tensor

from scorefield.core.bounds import Count, Several

ROWS = 200  # of one block of distances


def fid(fake: Tensor, real: Tensor) -> float:
    """The Frechet distance (Heusel et al. 2017) of features (M, F) and (N, F) in float64."""
    from torch_fidelity import metric_fid

    statistics = [metric_fid.fid_features_to_statistics(part) for part in (fake, real)]
    found = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    return float(found[metric_fid.KEY_METRIC_FID])


def kid(fake: Tensor, real: Tensor, subsets: Count = 50, subset_size: Several = 500) -> float:
    """The squared MMD with a cubic kernel (Binkowski et al. 2018) of features (M, F) and (N, F):
    the mean over random subsets, whose size is at most that of the smaller set."""
    from torch_fidelity import metric_kid

    size = min(subset_size, len(fake), len(real))
    found = metric_kid.kid_features_to_metric(
        fake, real, kid_subsets=subsets, kid_subset_size=size, verbose=False
    )
    return float(found[metric_kid.KEY_METRIC_KID_MEAN])


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


def fidelity(
    fake: Tensor,
    real: Tensor,
    neighbours: Count = 3,
    kid_subsets: Count = 50,
    kid_subset_size: Several = 500,
) -> dict[str, float]:
    """`fid`, `kid`, `precision` and `recall` of features (M, F) and (N, F)."""
    figures = {"fid": fid(fake, real), "kid": kid(fake, real, kid_subsets, kid_subset_size)}
    return figures | precision_recall(fake, real, neighbours)
