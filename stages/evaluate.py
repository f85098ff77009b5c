"""Score and picture one run, alone or under torchrun. Usage: python stages/evaluate.py NAME"""

import pandas

from scorefield.core import params, ranks
from scorefield.core.denoiser import Model
from scorefield.core.files import (
    command,
    load_bytes,
    load_model,
    load_tensors,
    save_json,
    save_table,
)
from scorefield.core.hardware import device
from scorefield.lab.evaluator import evaluator
from scorefield.metrics.agreement import agreement
from scorefield.metrics.images import images
from scorefield.metrics.plane import plane
from scorefield.plots.beside import beside
from scorefield.plots.filmstrip import filmstrip
from scorefield.plots.matched import matched
from scorefield.plots.scatter import scatter
from scorefield.plots.ways import ways


def pictures(name: str, drawn: dict, data: dict, judge: Model) -> None:
    fake, picture = drawn["samples"], f"plots/runs/{name}.png"
    way = f"plots/trajectories/{name}.png"
    if fake.ndim == 2:
        scatter(fake, data["test"], judge.net.law(), picture)
        ways(drawn["frames"], judge.net.law(), way)
        return
    if "source" in drawn:
        shown = (drawn["given"], fake, drawn["unguided"])
        matched({"to match / guided / unguided": shown}, picture)
    else:
        beside(fake, data["test"], picture)
    filmstrip(drawn["frames"], way)


def main(name: str) -> None:
    spec = params.entry("runs", name)
    drawn = load_bytes(f"samples/{name}.safetensors")
    data = load_tensors(f"data/{spec['data']}.safetensors")
    judge, fake = load_model(f"models/{spec['judge']}"), drawn["samples"]
    if fake.ndim == 2:
        figures, table = plane(fake, data, judge, **params.section("plane"))
    else:
        figures, table = images(fake, data, judge.to(device()), **params.section("images"))
        figures |= {"evaluator": evaluator(spec)}
        if "source" in drawn and drawn["source"].min() >= 0:
            figures |= agreement(fake, drawn["unguided"], drawn["source"], data, judge)
    figures |= {key: int(drawn[key]) for key in ("steps", "nfe")}
    if ranks.rank() > 0:
        return
    pictures(name, drawn, data, judge)
    save_json(f"metrics/runs/{name}.json", figures)
    rows = pandas.DataFrame(table).rename_axis("category").assign(run=name)
    save_table(f"plots/shares/{name}.csv", rows, index=True)


if __name__ == "__main__":
    command(main)
