"""Inception-v3 as used for the FID (Szegedy et al. 2016, weights of 2015), for RGB images."""

import io
from typing import Any

import torch
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import (
    URL_INCEPTION_V3,
    FeatureExtractorInceptionV3,
)

from scorefield.core.errors import InputError
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule
from scorefield.pipeline.files import to_bytes

ROLE, KINDS = "classifier", ("images",)


def inception(shapes: dict[str, list[int]], schedule: Schedule, *, weights: str = "") -> Network:
    """An evaluator of RGB images (B, 3, H, W): pool3 features (B, 2048) and 1,008 logits.

    `weights` is a .pth file of torch-fidelity; if it is empty, the file is downloaded.
    """
    return Inception(weights)


class Architecture(FeatureExtractorInceptionV3):
    """torch-fidelity's network without weights: its own loader would unpickle them."""

    def __init__(self) -> None:
        empty = io.BytesIO()
        torch.save({}, empty)
        empty.seek(0)
        super().__init__("inception", ["2048", "logits"], feature_extractor_weights_path=empty)

    def load_state_dict(self, weights: dict[str, Tensor], *args: Any, **kwargs: Any) -> Any:
        return super().load_state_dict(weights, *args, **kwargs) if weights else None


class Inception(Network):
    """torch-fidelity's network; `begin` loads the weights."""

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.body, self.weights = Architecture(), weights

    def begin(self, data: dict[str, Tensor]) -> None:
        """Load the published weights. Raises InputError where they are not available."""
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
                f"({type(error).__name__}); name a file in inception.weights, or use a convnet as "
                "the evaluator"
            ) from None

    def features(self, x: Tensor) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1] to (B, 2048)."""
        return self.body(to_bytes(x))[0]

    def probabilities(self, features: Tensor) -> None:
        """None: its classes are those of ImageNet, not those of the data."""

    def forward(self, x: Tensor, t: Tensor | None = None) -> Tensor:
        return self.body(to_bytes(x))[1]
