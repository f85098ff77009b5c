"""An entry of `instability`, on points or on images."""

from pathlib import Path
from typing import Any

from scorefield.core.datasets import Images, Layouts
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import put
from scorefield.core.results import IMAGE_ROLES, ROLES, ImageScores, PointScores
from scorefield.experiments.instability import settings_of
from scorefield.experiments.instability_images import ImageLaws, scores_of_images
from scorefield.experiments.instability_maps import LawsNetwork
from scorefield.experiments.instability_points import scores_of_points
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model


def instability_study(
    name: str, spec: dict[str, Any], folder: Path
) -> PointScores | ImageScores | None:
    """The scores of an entry of `instability`; None but on rank 0. Raises InputError for data
    without exact laws."""
    data, settings = load_dataset(spec["data"]), settings_of(spec)
    roles = IMAGE_ROLES if isinstance(data, Images) else ROLES
    models = [put(load_model(f"models/{spec[role]}"), device()) for role in roles]
    laws, n, chunk = models[1].net, spec["n"], params.section("sampling")
    if isinstance(data, Images) and isinstance(laws, ImageLaws):
        return scores_of_images(models, laws, data, n, settings, folder, **chunk)
    if isinstance(data, Layouts) and isinstance(laws, LawsNetwork):
        model, control = models
        return scores_of_points(model, control, laws, data, n, settings, folder, **chunk)
    raise InputError(
        f"instability.{name}: expected data of layouts or images, and a control with net: exact"
    )
