"""A contest of submissions: scores on public and hidden test images, ranks, and a grade sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas
import torch
from torch import Tensor

from scorefield.core.datasets import Images
from scorefield.core.errors import InputError
from scorefield.data.folder import images as class_folders
from scorefield.data.folder import opened
from scorefield.data.mnist import idx
from scorefield.experiments.evaluators import load_evaluator
from scorefield.leaderboard.rules import SAMPLES, held, objection, ranks
from scorefield.leaderboard.submissions import Submission
from scorefield.metrics.bootstrap import Z, bootstrap
from scorefield.metrics.copies import Seen, image_copies
from scorefield.metrics.evaluators import SPLITS, FeatureEvaluator
from scorefield.metrics.fidelity import fid
from scorefield.metrics.images import images
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, to_bytes

FID, RUNS, SAME = 60, 8, 8  # points
MNIST_TEST = "t10k-images-idx3-ubyte"
FULL, NONE = 2.0, 100.0  # FIDs, in floors, that give all points and none
SHOWN = ("fid", "fid_low", "fid_high", "kid", "precision", "recall", "copies")
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores samples against the splits of a dataset, whose features are computed once, and against
    hidden test images where there are any."""

    evaluator: FeatureEvaluator
    data: Images
    real: dict[str, Tensor]
    hidden: Seen | None
    samples: int = SAMPLES

    def public(self, samples: Tensor) -> tuple[Row, Tensor]:
        """All figures of images (n, C, H, W) against the public test images, and their features."""
        reading = self.evaluator.read(samples)
        figures, _ = images(samples, reading, self.data, self.real, **params.section("images"))
        return figures, reading.features

    def secret(self, samples: Tensor, features: Tensor) -> Row:
        """FID, its interval, and copies against the hidden test images."""
        if self.hidden is None:
            return {}
        value = fid(features, self.hidden.features)
        spread = Z * bootstrap(features, self.hidden.features)
        share = image_copies(Seen(samples, features), self.hidden).double().mean().item()
        found = {"fid": value, "fid_low": value - spread, "fid_high": value + spread}
        return {f"hidden_{key}": each for key, each in (found | {"copies": share}).items()}

    def row(self, one: Submission) -> Row:
        """A line of the sheet, without rank and points."""
        line: Row = {"name": one.name, "note": one.refused, "seconds": one.seconds}
        line |= {"report": one.report, "same_again": one.same_again}
        line |= {"networks": " ".join(one.networks)}
        if one.samples is None:
            return line
        figures, features = self.public(one.samples)
        hidden = self.secret(one.samples, features)
        figures["copies"] = max(figures["copies"], hidden.get("hidden_copies", 0.0))
        note = objection(figures | {"evaluator": ""}, "", self.seen(one), self.samples)
        return line | {key: figures[key] for key in SHOWN} | hidden | {"note": note}

    def floor(self) -> float:
        """The FID of the training images against the test images that decide."""
        test = self.real["test"] if self.hidden is None else self.hidden.features
        return fid(self.real["train"], test)

    def seen(self, one: Submission) -> float:
        """The share of public test images in the data of its models."""
        test = frozenset(row.tobytes() for row in self.data.test.numpy())
        known = [held(name, "train", "validation") for name in one.known_data]
        return len(test & frozenset[bytes]().union(*known)) / len(test)


def scorer(data: str, evaluator: str, hidden: Tensor | None, samples: int = SAMPLES) -> Scorer:
    """The scorer of a contest. Raises InputError for data that are no images, and for hidden images
    (N, C, H, W) of another size."""
    known, found = load_dataset(data, as_bytes=True), load_evaluator(evaluator)
    if not (isinstance(known, Images) and isinstance(found, FeatureEvaluator)):
        raise InputError("contest: expected images, and a network that reads them as evaluator")
    if hidden is not None and hidden.shape[1:] != known.test.shape[1:]:
        size, own = [*known.test.shape[1:]], [*hidden.shape[1:]]
        raise InputError(f"hidden test images: expected the size {size}, found {own}")
    real = {key: found.features(known.tensors[key]) for key in SPLITS if key in known.tensors}
    secret = None if hidden is None else Seen(to_bytes(hidden), found.features(hidden))
    return Scorer(found, known, real, secret, samples)


def fid_points(value: float, floor: float) -> float:
    """Points for an FID: all at FULL times that of real images or below, none from NONE times on,
    and between them as the logarithm."""
    share = math.log(NONE * floor / max(value, 1e-9)) / math.log(NONE / FULL)
    return FID * min(1.0, max(0.0, share))


def sheet(rows: Sequence[Row], floor: float) -> pandas.DataFrame:
    """The grade sheet, best first: what a machine can fill in, and empty columns for the rest.
    Hidden scores decide where there are any. Points for FID go to ranked submissions only."""
    table = pandas.DataFrame(rows).reindex(columns=columns(rows))
    main = "hidden_fid" if "hidden_fid" in table else "fid"
    fair = table["note"].fillna("").eq("") & table[main].notna()
    found = ranks([*table.loc[fair, f"{main}_low"]], [*table.loc[fair, f"{main}_high"]])
    table.insert(0, "rank", pandas.Series(found, table.index[fair], dtype="Int64"))
    values = zip(table[main], fair, strict=True)
    table["points_fid_60"] = [fid_points(v, floor) if fine else 0.0 for v, fine in values]
    drawn = table["same_again"].notna()
    table["points_runs_8"] = (RUNS * drawn.astype(float)).where(drawn | ~fair)
    table["points_same_8"] = SAME * table["same_again"].map({True: 1.0, False: 0.0})
    machine = [key for key in table if str(key).startswith("points_")]
    table["points_so_far"] = table[machine].sum(axis=1)
    for empty in ("style_4", "report_20", "bonus_architecture", "bonus_metrics", "remarks"):
        table[empty] = ""
    return table.sort_values(["rank", main, "name"], ignore_index=True)


def columns(rows: Sequence[Row]) -> list[str]:
    """The columns that rows have, those of scores first."""
    hidden = sorted({key for row in rows for key in row if key.startswith("hidden_")})
    own = ("note", "seconds", "same_again", "networks", "report")
    return ["name", *hidden, *SHOWN, *own]


def hidden_images(path: str, like: Sequence[int]) -> Tensor:
    """Hidden test images as bytes: a folder or zip of class folders, or a folder with MNIST's own
    test images (t10k). `like` is their shape (C, H, W). Raises InputError for anything else."""
    if any((Path(path) / f"{MNIST_TEST}{end}").exists() for end in ("", ".gz")):
        return idx(Path(path), MNIST_TEST)[:, None]
    channels, size, _ = like
    return class_folders(opened(str(Path(path).absolute())), size, channels, 0)[0]


def without_known(images: Tensor, data: Images) -> Tensor:
    """Those of the images that are in no split of the data, to the byte."""
    splits = torch.cat([data.tensors[key] for key in SPLITS if key in data.tensors])
    known = {row.tobytes() for row in splits.numpy()}
    return images[torch.tensor([row.tobytes() not in known for row in images.numpy()])]
