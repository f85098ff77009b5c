"""The public original of instability-biased guidance (StanNgugi/mue_project, 2025), as a rival."""

from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.tilt import tilt
from scorefield.maps.original import original

WEIGHT = 5.0


def mue(model: Model, helper: Model, *, scale: float, probes: int, step: float) -> Denoiser:
    """The predicted noise less scale 5 sigma times the gradient of the original instability score:
    its plain value, an absolute step, no normalisation, no interval.

    The authors guide 9 of 1,000 steps; here every step is. probes + 2 network calls and probes + 1
    backward ones.
    """
    score = lambda x, t: original(
        helper, model.schedule, x, t, helper.randn, probes=probes, step=step
    )
    return tilt(model, model.schedule, score, scale * WEIGHT)
