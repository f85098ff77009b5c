"""Prepared datasets by kind: points of one law, points of many laws side by side, images.

The kind is decided here, once, from what the file holds.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.files import load_data, load_tensors

PARTS = ("weight", "mean", "cov")  # of a mixture


@dataclass(frozen=True, eq=False)
class Dataset:
    """What every dataset holds; `tensors` are those of its file, by name."""

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
    """Examples with a label each, and perhaps with another example as their pair."""

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
        """The y of each test example x, (N, ...), of data with pairs."""
        return self.tensors.get("test_pair")


@dataclass(frozen=True, eq=False)
class Points(Labelled):
    """Points (N, D) drawn from a mixture that is known; labels are modes."""

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
        """The law of (x, y), in 2 D dimensions, of data with pairs."""
        return _mixture(self.tensors, "joint") if "joint.mean" in self.tensors else None


@dataclass(frozen=True, eq=False)
class Layouts(Dataset):
    """Points (N, E, D) of E members, each with a mixture of its own that is known. The special mode
    of each is its component 0; all components of a member are round and equally wide."""

    @property
    def mean(self) -> Tensor:
        """Centres of all components, (E, K, D) in float64; those beyond `size` are none."""
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
        """Whether the special mode is withheld (0), rare (1) or neither (2), (E,)."""
        return self.tensors["regime"]

    @property
    def layout(self) -> Tensor:
        """Which layout of modes each member has, (E,)."""
        return self.tensors["layout"]

    @property
    def interior(self) -> Tensor:
        """Whether the special mode is inside the hull of the others, bools (E,)."""
        return self.tensors["interior"].bool()

    @property
    def decoy(self) -> Tensor:
        """Where no member has a mode though one would fit, (E, D); not a number for none."""
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
        """How many classes the test split knows."""
        return int(self.test_labels.max()) + 1

    @property
    def special_class(self) -> int | None:
        """The class with less than half as many training images as the largest, if there is one."""
        counts = torch.bincount(self.train_labels, minlength=self.classes)
        return int(counts.argmin()) if counts.min() < counts.max() / 2 else None

    @property
    def pair_turns(self) -> int:
        """By how many quarter turns clockwise a pair's y differs from its x; 0 without pairs."""
        return int(self.tensors["pair_turns"]) if "pair_turns" in self.tensors else 0


def dataset_of(tensors: dict[str, Tensor]) -> Points | Layouts | Images:
    """Tensors as the kind of dataset that they are. Raises InputError for none of these."""
    if "layout" in tensors:
        return Layouts(tensors)
    if "mixture.mean" in tensors:
        return Points(tensors)
    if "train_labels" in tensors and tensors["train"].ndim == 4:
        return Images(tensors)
    raise InputError("data: expected images with labels, or points with their law (mixture.*)")


def load_dataset(name: str, *, as_bytes: bool = False) -> Points | Layouts | Images:
    """The prepared dataset data/<name>.safetensors; its images are floats in [-1, 1], or as they
    are stored with `as_bytes`. Raises InputError where there is none."""
    path = f"data/{name}.safetensors"
    return dataset_of(load_tensors(path) if as_bytes else load_data(name))


def _mixture(tensors: dict[str, Tensor], name: str) -> Mixture:
    return Mixture(*(tensors[f"{name}.{part}"] for part in PARTS))
