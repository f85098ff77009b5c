"""What the studies save, as records for `core.records`."""

from dataclasses import dataclass

from torch import Tensor

ROLES = ("model", "control")  # the two denoisers that a study compares


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Scores over a square grid of the plane, (levels, G^2, E) each: the model's `trace` and
    `martingale` residual, the trace of the posterior covariance as it is in `truth`, and the
    distance of the model's posterior mean from the exact one, its `error`. The grid covers
    [-reach, reach]^2."""

    trace: Tensor
    martingale: Tensor
    truth: Tensor
    error: Tensor
    reach: float


@dataclass(frozen=True, eq=False)
class Frames:
    """A few images on their way from noise, (frames, images, C, H, W) each: x_t, the posterior mean
    and the posterior variance of each pixel."""

    x: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True, eq=False)
class PointSurvey:
    """Instability scores of points (N, E, 2) of E laws: `mean` (2, levels, N, E, 2) and the scores
    (2, levels, N, E) by name, of the model and of the exact denoiser, in that order."""

    points: Tensor
    mean: Tensor
    scores: dict[str, Tensor]
    heat: HeatMaps


@dataclass(frozen=True, eq=False)
class ImageSurvey:
    """Instability scores of images (N, C, H, W): `mean` (2, levels, N, C, H, W) and the scores
    (2, levels, N) by name, of the model and of the control, in that order."""

    images: Tensor
    mean: Tensor
    scores: dict[str, Tensor]
    frames: Frames


@dataclass(frozen=True, eq=False)
class SweepCell:
    """Samples (N, ...) of one of the `ROLES`, steered one way at one scale, and network evaluations
    a sample; the way `plain` at scale 0 is unguided."""

    role: str
    way: str
    scale: float
    samples: Tensor
    nfe: int


@dataclass(frozen=True, eq=False)
class MatchCell:
    """Samples (N, ...) that are to match y (N, ...), at one scale of guidance, and network
    evaluations a sample. The way says where y is from: `given`, then `source` (N,) are the test
    pairs that it is, `drawn` by a model of y, or drawn with the samples (`joint`)."""

    way: str
    scale: float
    samples: Tensor
    y: Tensor
    nfe: int
    source: Tensor | None = None


@dataclass(frozen=True, eq=False)
class MotionEnergy:
    """|v|^2 / 2 and |v|^2 / 2 - log p along a Hamiltonian motion, both (S + 1,)."""

    kinetic: Tensor
    energy: Tensor


@dataclass(frozen=True, eq=False)
class PathRecord:
    """A path (N + 1, ...) at a noise level sigma / alpha, by a method, between ends: those of a
    journey that the motion `reached`, or those that were its `goal`.

    `clean` is what the denoiser sees in its nodes, `even` the same course in equal steps, `work`
    log p along that from its start (N + 1,), and `figures` are numbers (). `calls` are the network
    evaluations that all paths of the journey took together; a motion comes with its energy, an
    instanton with its `history`, the actions that were tried from each start.
    """

    noise: float
    journey: str
    ends: str
    method: str
    calls: int
    path: Tensor
    clean: Tensor
    even: Tensor
    work: Tensor
    figures: dict[str, Tensor]
    motion: MotionEnergy | None = None
    history: dict[str, Tensor] | None = None
