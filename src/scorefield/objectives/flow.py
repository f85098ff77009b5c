"""Flow matching on the straight path (Lipman et al. 2023), also called rectified flow."""

from torch import Tensor

from scorefield.core.bounds import Positive
from scorefield.core.model import Model
from scorefield.core.network import Prediction
from scorefield.objectives._linear import needs_linear
from scorefield.objectives._times import Levels
from scorefield.objectives.ddpm import ddpm

ROLE, SCHEDULE = "denoiser", "linear"


def flow(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "flow",
    levels: Levels = "logit_normal",
    location: float = 0.0,
    spread: Positive = 1.0,
) -> Tensor:
    """The mean squared error of the velocity z - x_0 per sample, shape (B,), whatever the network
    predicts. It is `ddpm` with this weight.

    The times are logit-normal by default (Esser et al. 2024, arXiv 2403.03206), and uniform in
    validation. Raises InputError for another schedule than `linear`.
    """
    needs_linear(model.schedule, "flow")
    return ddpm(model, batch, predict="flow", levels=levels, location=location, spread=spread)
