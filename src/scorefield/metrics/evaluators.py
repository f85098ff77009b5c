"""Evaluators of samples: the true law for points, the features of a network for images.

Both have the same interface.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.model import Model
from scorefield.core.schedule import Schedule
from scorefield.metrics.bootstrap import bootstrap
from scorefield.metrics.coherence import Reading, coherence
from scorefield.metrics.fidelity import fid
from scorefield.metrics.images import image_floor, images
from scorefield.metrics.mmd import mmd, mmd_floor
from scorefield.metrics.points import points
from scorefield.pipeline.files import to_bytes, to_unit
from scorefield.pipeline.ranks import by_rows

BATCH, LARGE = 200, 2000  # images per forward pass, on a CPU and on a GPU
SPLITS: tuple[str, ...] = ("train", "validation", "test")
Sections = Mapping[str, Mapping[str, Any]]  # the knobs of `points` and of `images`, by name
Figures = dict[str, float]
Table = dict[str, list[float]]


@runtime_checkable
class LawNetwork(Protocol):
    """A network that knows the law of its data."""

    def law(self) -> Mixture:
        """The mixture, in float64."""


@runtime_checkable
class FeatureNetwork(Protocol):
    """A network with features of images."""

    def features(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) in [-1, 1] to features (B, F)."""

    def probabilities(self, features: Tensor) -> Tensor | None:
        """Features (B, F) to probabilities of the classes (B, classes); None where the network does
        not know the classes of the data."""


@dataclass(frozen=True, eq=False)
class LawEvaluator:
    """Evaluates points (N, D) by the mixture that they should follow, on the CPU; `schedule` is
    that of the denoiser of the mixture."""

    law: Mixture
    schedule: Schedule

    def distance(self, fake: Tensor, real: Tensor) -> Figures:
        """`mmd2`, the squared MMD of points (M, D) to (N, D)."""
        return {"mmd2": mmd(fake, real)}

    def distance_se(self, fake: Tensor, real: Tensor) -> Figures:
        """Nothing: the spread over seeds is the error of `distance`."""
        return {}

    def distance_floor(self, data: Dataset, n: int) -> Figures:
        """The standard deviation of `distance` between n exact draws and the test split."""
        return {"mmd2": mmd_floor(self.law, n, len(data.test))}

    def scores(self, fake: Tensor, data: Dataset, sections: Sections) -> tuple[Figures, Table]:
        """`metrics.points` of points (N, D). Raises InputError for data that are not points of one
        law, and for points of another dimension."""
        if not isinstance(data, Points):
            raise InputError("evaluator: images need a model with net: convnet or net: inception")
        expect_shape(fake, data)
        return points(fake, data, self.law, **sections["points"])

    def floor(self, data: Dataset, sections: Sections) -> Figures:
        """The figures of the training points as if they were samples."""
        figures, _ = self.scores(data.train, data, sections)
        return figures


@dataclass(frozen=True, eq=False)
class FeatureEvaluator:
    """Evaluates images (N, C, H, W), bytes or in [-1, 1], by a network in evaluation mode on the
    given device. Results are on the CPU."""

    network: FeatureNetwork
    device: torch.device

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Features (N, F) in float64, of the images rounded to bytes."""

        def of_bytes(part: Tensor) -> Tensor:
            return self._features(to_bytes(part)).double()

        return by_rows(of_bytes, images, self._batch)

    @torch.no_grad()
    def read(self, images: Tensor) -> Reading:
        """Features (N, F), and class probabilities (N, C) or None."""
        found = self.features(images)
        return Reading(found, self._probabilities(found.float()))

    @torch.no_grad()
    def classes(self, images: Tensor) -> Tensor | None:
        """The most likely class of each image, (N,), without rounding to bytes; None where the
        network does not know the classes of the data."""
        probabilities = self._probabilities(by_rows(self._features, images, self._batch))
        return None if probabilities is None else probabilities.argmax(1)

    def distance(self, fake: Tensor, real: Tensor) -> Figures:
        """`fid` of images to images."""
        return {"fid": fid(self.features(fake), self.features(real))}

    def distance_se(self, fake: Tensor, real: Tensor) -> Figures:
        """`fid_se`, the standard error of `distance` by the bootstrap of the images."""
        return {"fid_se": bootstrap(self.features(fake), self.features(real))}

    def distance_floor(self, data: Dataset, n: int) -> Figures:
        """The `distance` of n real images, of the training and then the validation split, to the
        test split; of all of them where there are fewer."""
        known = [data.tensors[key] for key in SPLITS[:2] if key in data.tensors]
        return self.distance(torch.cat(known)[:n], data.test)

    def scores(self, fake: Tensor, data: Dataset, sections: Sections) -> tuple[Figures, Table]:
        """`metrics.images` of images. Raises InputError for data that are not images, and for
        images of another size."""
        known = expect_images(data)
        expect_shape(fake, known)
        fake = to_bytes(fake)
        real = {key: self.features(known.tensors[key]) for key in SPLITS if key in known.tensors}
        return images(fake, self.read(fake), known, real, **sections["images"])

    def floor(self, data: Dataset, sections: Sections) -> Figures:
        """`image_floor`: the figures of the training images as if they were samples."""
        known = expect_images(data)
        train, test = self.features(known.train), self.features(known.test)
        return image_floor(known, train, test, sections["images"])

    def coherence(self, fake: Tensor, data: Images) -> dict[str, Tensor]:
        """`metrics.coherence` of images, with the test and the training images as reference."""
        real, train = self.features(data.test), self.features(data.train)
        return coherence(self.read(fake), real, train, data)

    @property
    def _batch(self) -> int:
        return BATCH if self.device.type == "cpu" else LARGE

    def _features(self, images: Tensor) -> Tensor:
        return self.network.features(to_unit(images.to(self.device))).cpu()

    def _probabilities(self, features: Tensor) -> Tensor | None:
        probabilities = self.network.probabilities(features.to(self.device))
        return None if probabilities is None else probabilities.cpu()


Evaluator = LawEvaluator | FeatureEvaluator


def evaluator_of(model: Model) -> Evaluator:
    """The evaluator of a model, by the methods of its network. Raises InputError for a network
    that has neither a law nor features."""
    if isinstance(model.net, LawNetwork):
        return LawEvaluator(model.net.law(), model.schedule)
    if isinstance(model.net, FeatureNetwork):
        return FeatureEvaluator(model.net, model.device)
    raise InputError(
        "evaluator: expected a model with net: exact (for points), or with net: convnet or net: "
        "inception (for images)"
    )


def expect_images(data: Dataset) -> Images:
    """The data as images. Raises InputError for other data."""
    if not isinstance(data, Images):
        raise InputError("evaluator: points need a model with net: exact")
    return data


def expect_shape(fake: Tensor, data: Dataset) -> None:
    """Raises InputError unless samples have the shape of the data."""
    if fake.shape[1:] != data.test.shape[1:]:
        raise InputError(f"samples: expected shape {[*data.test.shape[1:]]}")
