"""Results of the studies, as records that `pipeline.records` saves and loads."""

from dataclasses import dataclass

from torch import Tensor

ROLES = ("model", "control")  # the two denoisers that a study compares
IMAGE_ROLES = (*ROLES, "withheld")  # those of the instability study of images


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
class ExactImageScores:
    """What the exact law says of N noisy images: `energy`, -log p_t of x_t, and `clean_energy`,
    that of alpha x_0, (levels, N) each; `variance`, that of the posterior in each pixel,
    (levels, N, C, H, W)."""

    energy: Tensor
    clean_energy: Tensor
    variance: Tensor


@dataclass(frozen=True, eq=False)
class PixelMaps:
    """The posterior mean and variance of each pixel, (3, levels, S, C, H, W) each, of the images of
    these indices (S,), for the `IMAGE_ROLES`; those of the control are exact."""

    index: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True, eq=False)
class ImageScores:
    """Instability scores of images (N, C, H, W) by the three `IMAGE_ROLES`, in that order.

    `scores` are (3, levels, N) by name. `error` (3, levels, N) is |x_0-hat - x_0|^2, averaged over
    draws of noise; `variance` (3, levels, N, C, H, W) is the score `trace` before the sum over
    pixels. The control is the `exact` law.
    """

    images: Tensor
    scores: dict[str, Tensor]
    error: Tensor
    variance: Tensor
    exact: ExactImageScores
    maps: PixelMaps
    frames: Frames


@dataclass(frozen=True, eq=False)
class SteeredSamples:
    """Samples (N, ...) of the denoiser of one role under one variant of guidance at one scale,
    and network evaluations a sample; the variant `plain` at scale 0 is unguided."""

    role: str
    variant: str
    scale: float
    samples: Tensor
    nfe: int


@dataclass(frozen=True, eq=False)
class MatchedSamples:
    """Samples (N, ...) that should match y, under one scale of guidance, and network evaluations a
    sample. `kind` is the name of the guide, where y are test pairs and `source` (N,) their indices;
    `unguided`, for the same y without guidance; `drawn`, where `y` (N, ...) are samples of a model
    of y; `joint`, where y are drawn together with the samples; `turned`, where samples are images
    rotated as y are and should match the test images `source`; and `unguided_turned`."""

    kind: str
    scale: float
    samples: Tensor
    nfe: int
    source: Tensor | None = None
    y: Tensor | None = None


@dataclass(frozen=True, eq=False)
class RatioValues:
    """The log ratio T of noised test examples x_t and y at noise levels sigma / alpha (L,): values
    (L, 2 M) and gradients in x_t (L, 2 M, ...), first of M pairs, then of M independent x and y.
    `reads` (M,) is whether r of y with clean training examples is largest for those of y's class: a
    ratio that takes y for another class leads there."""

    levels: Tensor
    value: Tensor
    gradient: Tensor
    reads: Tensor


@dataclass(frozen=True, eq=False)
class GuidedSamples:
    """Samples (S, N, ...) that one guide leads to test pairs `source` (N,), at S `scales`, and
    network evaluations a sample (S,); and the `ratio`, where the guide estimates one."""

    scales: Tensor
    samples: Tensor
    nfe: Tensor
    source: Tensor | None
    ratio: RatioValues | None = None

    def matched(self, guide: str) -> list[MatchedSamples]:
        """The samples at each scale."""
        rows = zip(self.scales.tolist(), self.samples, self.nfe.tolist(), strict=True)
        return [MatchedSamples(guide, scale, x, int(n), self.source) for scale, x, n in rows]


@dataclass(frozen=True, eq=False)
class MotionEnergy:
    """|v|^2 / 2 and |v|^2 / 2 - log p along a Hamiltonian motion, both (S + 1,)."""

    kinetic: Tensor
    energy: Tensor

    def drift(self) -> float:
        """The largest change of the energy, divided by the largest kinetic energy."""
        return ((self.energy - self.energy[0]).abs().max() / self.kinetic.max()).item()


@dataclass(frozen=True, eq=False)
class PathRecord:
    """A path (N + 1, ...) at a noise level sigma / alpha, found by a method between two endpoints.

    `endpoints` names the pair. The `target` of a path is the point that the Hamiltonian motion
    `reached` (or the motion with a `tangent`, `thermal` or `chord` start), or the second endpoint
    itself, the `goal`. `clean` is the denoised path, `even` the path in equal steps, `work` the
    change of log p along it from its start (N + 1,), and `figures` are numbers (). `calls` are the
    network evaluations that the search for it took. A motion has its energy, a path that was
    searched for its `history`: the action, or for the string method the barrier, at each evaluation
    for each initial path.
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
