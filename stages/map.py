"""Instability scores of two models, alone or under torchrun. Usage: python stages/map.py NAME"""

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.files import command, load_data, load_model, save_tensors
from scorefield.core.hardware import device
from scorefield.lab.identity import running, scratch
from scorefield.lab.survey import SCORES, heat, path, points, survey


def main(name: str) -> None:
    spec = params.entry("maps", name)
    models = [load_model(f"models/{spec[role]}").to(device()) for role in ("model", "control")]
    data, knobs = load_data(spec["data"]), {score: params.section(score, spec) for score in SCORES}
    given = (spec["levels"], spec["seed"], knobs)
    if len(models[0].shape) == 1 or ("layout" in data and not hasattr(models[1].net, "energies")):
        raise InputError(f"maps.{name}: points need data of layouts, and net: exact as the control")
    image = len(models[0].shape) == 3
    x = data["test"][: spec["n"]] if image else points(data, spec["n"], spec["seed"])
    with scratch(running(f"map@{name}")) as folder:
        out = survey(models, x.to(device()), *given, folder, **params.section("sampling"))
        if out is None:
            return
        out |= path(models[0], *given[1:]) if image else heat(models, data, *given)
        out |= {"points": x}
        save_tensors(f"samples/{name}-map.safetensors", {k: v.float() for k, v in out.items()})


if __name__ == "__main__":
    command(main)
