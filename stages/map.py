"""Instability scores of two models, alone or under torchrun. Usage: python stages/map.py NAME"""

from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.datasets import Images, Layouts, load_dataset
from scorefield.core.errors import InputError
from scorefield.core.files import command, load_model
from scorefield.core.hardware import device
from scorefield.core.records import save_records
from scorefield.core.studies import ROLES, ImageSurvey, PointSurvey
from scorefield.lab.identity import running, scratch
from scorefield.lab.survey import LawsNetwork, questions, survey_images, survey_points


def main(name: str) -> None:
    with scratch(running(f"map@{name}")) as folder:
        found = surveyed(name, params.entry("maps", name), folder)
        if found is not None:
            save_records(f"samples/{name}-map.safetensors", [found])


def surveyed(name: str, spec: dict[str, Any], folder: Path) -> PointSurvey | ImageSurvey | None:
    """The survey of an entry; None but on rank 0."""
    model, control = (load_model(f"models/{spec[role]}").to(device()) for role in ROLES)
    data, asked, chunk = load_dataset(spec["data"]), questions(spec), params.section("sampling")
    if isinstance(data, Images):
        return survey_images(model, control, data.test[: spec["n"]], asked, folder, **chunk)
    laws = control.net
    if isinstance(data, Layouts) and isinstance(laws, LawsNetwork):
        return survey_points(model, control, laws, data, spec["n"], asked, folder, **chunk)
    raise InputError(f"maps.{name}: points need data of layouts, and net: exact as the control")


if __name__ == "__main__":
    command(main)
