"""Score one run and draw its pictures. Usage: python stages/evaluate.py NAME"""

import pandas

from scorefield.core import params
from scorefield.core.files import (
    command,
    load_data,
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


def main(name: str) -> None:
    spec = params.entry("runs", name)
    drawn, data = load_tensors(f"samples/{name}.safetensors"), load_data(spec["data"])
    judge, fake = load_model(f"models/{spec['judge']}"), drawn["samples"]
    picture, way = f"plots/runs/{name}.png", f"plots/trajectories/{name}.png"
    if fake.ndim == 2:
        figures, table = plane(fake, data, judge, **params.section("plane"))
        scatter(fake, data["test"], judge.net.law(), picture)
        ways(drawn["frames"], judge.net.law(), way)
    else:
        figures, table = images(fake, data, judge.to(device()), **params.section("images"))
        figures |= {"evaluator": evaluator(spec)}
        if "source" in drawn:
            mates = (drawn["samples"], drawn["unguided"])
            matched({"to match / guided / unguided": (drawn["given"], *mates)}, picture)
            if drawn["source"].min() >= 0:
                figures |= agreement(*mates, drawn["source"], data, judge)
        else:
            beside(fake, data["test"], picture)
        filmstrip(drawn["frames"], way)
    figures |= {key: int(drawn[key]) for key in ("steps", "nfe")}
    save_json(f"metrics/runs/{name}.json", figures)
    rows = pandas.DataFrame(table).rename_axis("category").assign(run=name)
    save_table(f"plots/shares/{name}.csv", rows, index=True)


if __name__ == "__main__":
    command(main)
