"""Prepared datasets: points of one law, points of many laws side by side, and images.

`dataset_of` chooses the kind from the tensors of a file.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture

PARTS = ("weight", "mean", "cov")  # of a mixture


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset with its three splits; `tensors` are those of its file, by name."""

    tensors: dict[str, Tensor]

    @property
    def train(self) -> Tensor:
        """Training examples (N, ...)."""
        return self.tensors["train"]

    @property
    def validation(self) -> Tensor:
        """Examples (N, ...) held out of training."""
        return self.tensors["validation"]

    @property
    def test(self) -> Tensor:
        """Examples (N, ...) that samples are compared with."""
        return self.tensors["test"]


@dataclass(frozen=True, eq=False)
class Labelled(Dataset):
    """Examples with labels; some datasets also have pairs (x, y) of examples."""

    @property
    def train_labels(self) -> Tensor:
        """The label of each training example, (N,)."""
        return self.tensors["train_labels"]

    @property
    def validation_labels(self) -> Tensor:
        """The label of each validation example, (N,)."""
        return self.tensors["validation_labels"]

    @property
    def test_labels(self) -> Tensor:
        """The label of each test example, (N,)."""
        return self.tensors["test_labels"]

    @property
    def test_pair(self) -> Tensor | None:
        """The y of each test example x, (N, ...); None for data without pairs."""
        return self.tensors.get("test_pair")


@dataclass(frozen=True, eq=False)
class Points(Labelled):
    """Points (N, D) from a known mixture; labels are modes."""

    @property
    def law(self) -> Mixture:
        """The mixture, in float64."""
        return _mixture(self.tensors, "mixture")

    @property
    def mode(self) -> Tensor:
        """The mode of each component of the law, (K,)."""
        return self.tensors["mixture.mode"]

    @property
    def joint(self) -> Mixture | None:
        """The law of (x, y), in 2 D dimensions; None for data without pairs."""
        return _mixture(self.tensors, "joint") if "joint.mean" in self.tensors else None


@dataclass(frozen=True, eq=False)
class Layouts(Dataset):
    """Points (N, E, D) of E members, each from a known mixture of its own. The special mode of a
    member is its component 0; all its components are isotropic and equally wide."""

    @property
    def mean(self) -> Tensor:
        """Centres of all components, (E, K, D) in float64; entries from `size` on are padding."""
        return self.tensors["mixture.mean"]

    @property
    def std(self) -> Tensor:
        """The standard deviation of a member's components, (E,) in float64."""
        return self.tensors["mixture.cov"][:, 0, 0, 0].sqrt()

    @property
    def size(self) -> Tensor:
        """The number of components of each member, (E,)."""
        return self.tensors["size"]

    @property
    def regime(self) -> Tensor:
        """Whether the special mode is withheld (0), rare (1) or as large as others (2), (E,)."""
        return self.tensors["regime"]

    @property
    def layout(self) -> Tensor:
        """The index of the layout of modes of each member, (E,)."""
        return self.tensors["layout"]

    @property
    def interior(self) -> Tensor:
        """Whether the special mode is inside the convex hull of the others, bools (E,)."""
        return self.tensors["interior"].bool()

    @property
    def decoy(self) -> Tensor:
        """A point that could be a mode but is none in any member, (E, D); NaN without one."""
        return self.tensors["decoy"]

    @property
    def has_decoy(self) -> Tensor:
        """Which members have a decoy, bools (E,)."""
        return ~self.decoy.isnan().any(-1)

    def law(self, member: int) -> Mixture:
        """The mixture of one member, in float64."""
        return Mixture(*(self.tensors[f"mixture.{part}"][member] for part in PARTS))


@dataclass(frozen=True, eq=False)
class Images(Labelled):
    """Images (N, C, H, W), floats in [-1, 1] or bytes; labels are classes."""

    @property
    def classes(self) -> int:
        """The number of classes of the test split."""
        return int(self.test_labels.max()) + 1

    @property
    def special_class(self) -> int | None:
        """The smallest class, if it has less than half the training images of the largest."""
        counts = torch.bincount(self.train_labels, minlength=self.classes)
        return int(counts.argmin()) if counts.min() < counts.max() / 2 else None

    @property
    def pair_turns(self) -> int:
        """The number of clockwise quarter turns from x to y of a pair; 0 without pairs."""
        return int(self.tensors["pair_turns"]) if "pair_turns" in self.tensors else 0


def dataset_of(tensors: dict[str, Tensor]) -> Points | Layouts | Images:
    """The dataset of a file's tensors. Raises InputError where they are of none of these kinds."""
    if "layout" in tensors:
        return Layouts(tensors)
    if "mixture.mean" in tensors:
        return Points(tensors)
    if "train_labels" in tensors and tensors["train"].ndim == 4:
        return Images(tensors)
    raise InputError("data: expected images with labels, or points with their law (mixture.*)")


def _mixture(tensors: dict[str, Tensor], name: str) -> Mixture:
    """The mixture whose parts are the tensors `name`.weight, .mean and .cov."""
    return Mixture(*(tensors[f"{name}.{part}"] for part in PARTS))
