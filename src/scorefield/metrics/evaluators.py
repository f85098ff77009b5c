"""What scores samples: the true law for points, the features of a network for images.

Both evaluators have one interface, so that what uses one does not ask which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.files import to_bytes, to_unit
from scorefield.core.model import Model
from scorefield.core.ranks import by_rows
from scorefield.core.schedule import Schedule
from scorefield.metrics.coherence import Reading, coherence
from scorefield.metrics.fidelity import fid
from scorefield.metrics.images import image_floor, images
from scorefield.metrics.mmd import mmd, mmd_floor
from scorefield.metrics.plane import plane

BATCH = 200  # images that are read at once
SPLITS: tuple[str, ...] = ("train", "validation", "test")
Sections = Mapping[str, Mapping[str, Any]]  # the numbers of `plane` and of `images`, by these names
Figures = dict[str, float]
Table = dict[str, list[float]]


@runtime_checkable
class LawNetwork(Protocol):
    """A network that knows the law of its data."""

    def law(self) -> Mixture:
        """The mixture, in float64."""


@runtime_checkable
class FeatureNetwork(Protocol):
    """A network that reads images."""

    def features(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) in [-1, 1] to features (B, F)."""

    def probabilities(self, features: Tensor) -> Tensor | None:
        """Features (B, F) to those of the data's classes, (B, classes); None of a network that
        does not know these classes."""


@dataclass(frozen=True, eq=False)
class LawEvaluator:
    """Scores points (N, D) by the mixture that they should follow, on the CPU; `schedule` is that
    of the mixture's denoiser."""

    law: Mixture
    schedule: Schedule

    def distance(self, fake: Tensor, real: Tensor) -> Figures:
        """`mmd2`, the squared MMD of points (M, D) to (N, D)."""
        return {"mmd2": mmd(fake, real)}

    def distance_floor(self, data: Dataset, n: int) -> Figures:
        """The standard deviation of `distance` between n exact draws and the test split."""
        return {"mmd2": mmd_floor(self.law, n, len(data.test))}

    def scores(self, fake: Tensor, data: Dataset, sections: Sections) -> tuple[Figures, Table]:
        """`metrics.plane` of points (N, D). Raises InputError for data that are no points of one
        law, and for points of another size."""
        if not isinstance(data, Points):
            raise InputError("judge: images are judged by a classifier (net: convnet or inception)")
        fitting(fake, data)
        return plane(fake, data, self.law, **sections["plane"])

    def floor(self, data: Dataset, sections: Sections) -> Figures:
        """What the training points get as if they were samples."""
        figures, _ = self.scores(data.train, data, sections)
        return figures


@dataclass(frozen=True, eq=False)
class FeatureEvaluator:
    """Scores images (N, C, H, W), bytes or in [-1, 1], by a network in evaluation mode that is on
    the given device. What it finds is on the CPU."""

    network: FeatureNetwork
    device: torch.device

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """(N, F) in float64, of the images as files hold them, in bytes."""
        return by_rows(lambda part: self._features(to_bytes(part)).double(), images, BATCH)

    @torch.no_grad()
    def read(self, images: Tensor) -> Reading:
        """Features (N, F), and class probabilities (N, C) or None."""
        found = self.features(images)
        return Reading(found, self._probabilities(found.float()))

    @torch.no_grad()
    def classes(self, images: Tensor) -> Tensor | None:
        """The most likely class of each, (N,), floats not rounded to bytes; None of a network that
        does not know the data's classes."""
        chance = self._probabilities(by_rows(self._features, images, BATCH))
        return None if chance is None else chance.argmax(1)

    def distance(self, fake: Tensor, real: Tensor) -> Figures:
        """`fid` of images to images."""
        return {"fid": fid(self.features(fake), self.features(real))}

    def distance_floor(self, data: Dataset, n: int) -> Figures:
        """The `distance` of the training images from the test split, whatever n."""
        return self.distance(data.train, data.test)

    def scores(self, fake: Tensor, data: Dataset, sections: Sections) -> tuple[Figures, Table]:
        """`metrics.images` of images. Raises InputError for data that are no images, and for images
        of another size."""
        known = pictures(data)
        fitting(fake, known)
        fake = to_bytes(fake)
        real = {key: self.features(known.tensors[key]) for key in SPLITS if key in known.tensors}
        return images(fake, self.read(fake), known, real, **sections["images"])

    def floor(self, data: Dataset, sections: Sections) -> Figures:
        """`image_floor`: what the training images get as if they were samples."""
        known = pictures(data)
        train, test = self.features(known.train), self.features(known.test)
        return image_floor(known, train, test, sections["images"])

    def coherence(self, fake: Tensor, data: Images) -> dict[str, Tensor]:
        """`metrics.coherence` of images, beside the test and the training images."""
        real, train = self.features(data.test), self.features(data.train)
        return coherence(self.read(fake), real, train, data)

    def _features(self, images: Tensor) -> Tensor:
        return self.network.features(to_unit(images).to(self.device)).cpu()

    def _probabilities(self, features: Tensor) -> Tensor | None:
        chance = self.network.probabilities(features.to(self.device))
        return None if chance is None else chance.cpu()


Evaluator = LawEvaluator | FeatureEvaluator


def evaluator_of(model: Model) -> Evaluator:
    """The evaluator that a model is by what its network knows. Raises InputError for a model that
    is none."""
    if isinstance(model.net, LawNetwork):
        return LawEvaluator(model.net.law(), model.schedule)
    if isinstance(model.net, FeatureNetwork):
        return FeatureEvaluator(model.net, model.device)
    raise InputError(
        "judge: expected a model that knows the law of points (net: exact) or reads images (net: "
        "convnet or inception)"
    )


def pictures(data: Dataset) -> Images:
    """The data, if they are images. Raises InputError for others."""
    if not isinstance(data, Images):
        raise InputError("judge: points are judged by a model with net: exact, which knows the law")
    return data


def fitting(fake: Tensor, data: Dataset) -> None:
    """Raise InputError unless samples have the shape of the data."""
    if fake.shape[1:] != data.test.shape[1:]:
        raise InputError(f"samples: expected shape {[*data.test.shape[1:]]}")
