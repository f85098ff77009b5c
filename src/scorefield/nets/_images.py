"""Training images inside of a network, for networks that are exact for their law."""

import torch
from torch import Tensor, nn

from scorefield.core.empirical import Empirical
from scorefield.core.errors import InputError
from scorefield.pipeline.files import to_bytes, to_unit


class TrainingImages(nn.Module):
    """N images of a split with their labels, kept and saved as bytes: a law of Gaussians of std
    `width` around them, in units of pixels in [-1, 1]. Raises InputError for other data."""

    images: Tensor
    labels: Tensor

    def __init__(self, shapes: dict[str, list[int]], name: str, width: float) -> None:
        super().__init__()
        if len(shapes.get(name, ())) != 4:
            raise InputError(f"net: needs images (N, C, H, W) as '{name}' of its data")
        self.name, self.width = name, width
        self.register_buffer("images", torch.zeros(*shapes[name], dtype=torch.uint8))
        self.register_buffer("labels", torch.zeros(shapes[name][0], dtype=torch.long))
        self._known: tuple[object, Empirical] | None = None

    def begin(self, data: dict[str, Tensor]) -> None:
        """Set the images; without labels, all have the label 0."""
        images, labels = to_bytes(data[self.name]), data.get("train_labels")
        self.load_state_dict(
            {"images": images, "labels": torch.zeros(len(images)) if labels is None else labels}
        )

    def law(self) -> Empirical:
        """The law of the images; made at the first call after a change of them."""
        state = (self.images.device, self.images._version, self.labels._version)
        if self._known is None or self._known[0] != state:
            law = Empirical.of(to_unit(self.images), self.width, self.labels)
            self._known = state, law
        return self._known[1]
