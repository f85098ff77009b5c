"""FID, KID, precision and recall by torch-fidelity, on the features of a judge of ours."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.core.files import to_bytes, to_unit

NAMES = {
    "frechet_inception_distance": "fid",
    "kernel_inception_distance_mean": "kid",
    "precision": "precision",
    "recall": "recall",
}


class Images(torch.utils.data.Dataset):
    """Floats in [-1, 1] (N, C, H, W) as torch-fidelity wants them: bytes, one by one."""

    def __init__(self, images: Tensor) -> None:
        self.images = to_bytes(images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Tensor:
        return self.images[i]


def registered(judge: Model) -> str:
    """The name under which torch-fidelity now knows the judge's features."""
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY, register_feature_extractor

    name = f"judge-{id(judge)}"

    class Extractor(FeatureExtractorBase):
        def __init__(self, name: str, features_list: list[str], **_) -> None:
            super().__init__(name, features_list)

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return ("features",)

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return "features"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        def forward(self, images: Tensor) -> tuple[Tensor]:
            return (judge.net.features(to_unit(images)).double(),)

    if name not in FEATURE_EXTRACTORS_REGISTRY:
        register_feature_extractor(name, Extractor)
    return name


def fidelity(
    fake: Tensor,
    real: Tensor,
    judge: Model,
    neighbours: int = 3,
    kid_subsets: int = 0,
    kid_subset_size: int = 1000,
) -> dict[str, float]:
    """fid (Heusel et al. 2017); with kid_subsets > 0 also kid (Binkowski et al. 2018), precision
    and recall (Kynkaanniemi et al. 2019); images (N, C, H, W) in [-1, 1], fake first."""
    from torch_fidelity import calculate_metrics

    more = kid_subsets > 0
    found = calculate_metrics(
        input1=Images(fake),
        input2=Images(real),
        feature_extractor=registered(judge),
        fid=True,
        kid=more,
        prc=more,
        prc_neighborhood=neighbours,
        kid_subsets=max(kid_subsets, 1),
        kid_subset_size=min(kid_subset_size, len(fake), len(real)),
        cuda=next(judge.parameters()).is_cuda,
        batch_size=500,
        save_cpu_ram=True,
        verbose=False,
    )
    return {short: float(found[name]) for name, short in NAMES.items() if name in found}
