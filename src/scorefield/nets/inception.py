"""Inception-v3 as FID uses it (Szegedy et al. 2016, weights of 2015), for RGB images."""

import io
from typing import Any

import torch
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import (
    URL_INCEPTION_V3,
    FeatureExtractorInceptionV3,
)

from scorefield.core.errors import InputError
from scorefield.core.files import to_bytes
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule


def inception(shapes: dict[str, list[int]], schedule: Schedule, *, weights: str = "") -> Network:
    """An evaluator of RGB images (B, 3, H, W): pool3 features (B, 2048) and 1,008 logits.

    `weights` is a .pth file of torch-fidelity's, or empty for its download.
    """
    return Inception(weights)


class Architecture(FeatureExtractorInceptionV3):
    """torch-fidelity's network without its weights, whose reader would run a pickle."""

    def __init__(self) -> None:
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)
        super().__init__("inception", ["2048", "logits"], feature_extractor_weights_path=nothing)

    def load_state_dict(self, weights: dict[str, Tensor], *args: Any, **kwargs: Any) -> Any:
        return super().load_state_dict(weights, *args, **kwargs) if weights else None


class Inception(Network):
    """torch-fidelity's network; `begin` reads its weights."""

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.body, self.weights = Architecture(), weights

    def begin(self, data: dict[str, Tensor]) -> None:
        """Read the published weights; raises InputError where they are not to be had."""
        try:
            if self.weights:
                found = torch.load(self.weights, weights_only=True)
            else:
                found = torch.hub.load_state_dict_from_url(
                    URL_INCEPTION_V3, weights_only=True, check_hash=True, progress=False
                )
            self.body.load_state_dict(found)
        except Exception as error:
            raise InputError(
                f"{self.weights or URL_INCEPTION_V3}: Inception's weights are not available "
                f"({type(error).__name__}); name a file in inception.weights, or let a classifier "
                "of the pipeline judge"
            ) from None

    def features(self, x: Tensor) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1] to (B, 2048)."""
        return self.body(to_bytes(x))[0]

    def probabilities(self, features: Tensor) -> None:
        """None: its classes are those of ImageNet, not the data's."""

    def forward(self, x: Tensor, t: Tensor | None = None) -> Tensor:
        return self.body(to_bytes(x))[1]
