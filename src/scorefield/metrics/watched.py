"""The score of a model while it trains."""

from functools import partial
from pathlib import Path

from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import put
from scorefield.metrics.evaluators import FeatureEvaluator, evaluator_of
from scorefield.metrics.fidelity import fid, kid
from scorefield.metrics.mmd import mmd
from scorefield.pipeline.files import WEIGHTS, checksum, load_model


def watched(score: str, folder: str, sha256: str, real: Tensor) -> partial[float]:
    """A function of samples that scores them against real data: `mmd2` of points (N, D), `fid` or
    `kid` of images by the features of the network in a folder. Raises InputError for a score that
    does not fit the data, without a folder, and where its checksum is not the one given."""
    if (score == "mmd2") != (real.ndim == 2):
        raise InputError(f"watch.score: {score} is for {'points' if score == 'mmd2' else 'images'}")
    if score == "mmd2":
        return partial(mmd, real=real.cpu())
    if not folder:
        raise InputError("watch.evaluator: expected a folder, such as zoo/NAME")
    found = checksum(Path(folder, WEIGHTS), Path(folder, "config.json"))
    if sha256 and found != sha256:
        raise InputError(f"watch.evaluator: {folder} has the checksum {found}, not watch.sha256")
    evaluator = evaluator_of(put(load_model(folder), device(single=True)))
    if not isinstance(evaluator, FeatureEvaluator):
        raise InputError(f"watch.evaluator: {folder} has no features of images")
    return partial(of_features, score, evaluator, evaluator.features(real))


def of_features(score: str, evaluator: FeatureEvaluator, real: Tensor, fake: Tensor) -> float:
    """FID or KID of images (M, C, H, W) to features (N, F)."""
    found = evaluator.features(fake)
    return kid(found, real) if score == "kid" else fid(found, real)
