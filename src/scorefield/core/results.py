"""Results of the studies, as records that `pipeline.records` saves and loads."""

from dataclasses import dataclass

from torch import Tensor

ROLES = ("model", "control")  # the two denoisers that a study compares


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Scores over a square grid in 2-D, (levels, G^2, E) each: the model's `trace` and `martingale`
    residual, the exact trace of the posterior covariance `truth`, and `error`, the distance of the
    model's posterior mean from the exact one. The grid covers [-reach, reach]^2."""

    trace: Tensor
    martingale: Tensor
    truth: Tensor
    error: Tensor
    reach: float


@dataclass(frozen=True, eq=False)
class Frames:
    """Sampling trajectories of a few images, (frames, images, C, H, W) each: x_t, the posterior
    mean and the posterior variance of each pixel."""

    x: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True, eq=False)
class PointScores:
    """Instability scores of points (N, E, 2) of E laws: `mean` (2, levels, N, E, 2) and the scores
    (2, levels, N, E) by name, of the model and of the exact denoiser, in that order."""

    points: Tensor
    mean: Tensor
    scores: dict[str, Tensor]
    heat: HeatMaps


@dataclass(frozen=True, eq=False)
class ImageScores:
    """Instability scores of images (N, C, H, W): `mean` (2, levels, N, C, H, W) and the scores
    (2, levels, N) by name, of the model and of the control, in that order."""

    images: Tensor
    mean: Tensor
    scores: dict[str, Tensor]
    frames: Frames


@dataclass(frozen=True, eq=False)
class SteeredSamples:
    """Samples (N, ...) of one of the `ROLES` under one variant of guidance at one scale, and
    network evaluations a sample; the variant `plain` at scale 0 is unguided."""

    role: str
    variant: str
    scale: float
    samples: Tensor
    nfe: int


@dataclass(frozen=True, eq=False)
class MatchedSamples:
    """Samples (N, ...) that should match y (N, ...), at one scale of guidance, and network
    evaluations a sample. `y_from` says where y comes from: `given` test pairs, with `source` (N,)
    their indices, `drawn` by a model of y, or drawn together with the samples (`joint`)."""

    y_from: str
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
    """A path (N + 1, ...) at a noise level sigma / alpha, found by a method between two endpoints.

    `endpoints` names the pair. The `target` of a path is the point that the Hamiltonian motion
    `reached`, or the second endpoint itself, the `goal`. `clean` is the denoised path, `even` the
    path in equal steps, `work` the change of log p along it from its start (N + 1,), and `figures`
    are numbers (). `calls` are the network evaluations that all paths of the pair took together; a
    motion has its energy, an instanton its `history`: the action at each iteration, for each start.
    """

    noise: float
    endpoints: str
    target: str
    method: str
    calls: int
    path: Tensor
    clean: Tensor
    even: Tensor
    work: Tensor
    figures: dict[str, Tensor]
    motion: MotionEnergy | None = None
    history: dict[str, Tensor] | None = None
