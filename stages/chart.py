"""A curve as figure, table and metrics. Usage: python stages/chart.py NAME"""

import pandas

from scorefield.core import params
from scorefield.core.files import command, load_data, load_model, save_json, save_table
from scorefield.metrics.fidelity import fidelity
from scorefield.metrics.mmd import mmd2_floor
from scorefield.plots.lines import lines


def main(name: str) -> None:
    spec, table = params.entry("curves", name), pandas.read_csv(f"samples/{name}-curve.csv")
    judge, data = load_model(f"models/{spec['judge']}"), load_data(spec["data"])
    if "mmd2" in table:
        floor = {"mmd2": mmd2_floor(judge.net.law(), spec["n"], len(data["test"]), 1.0)}
    else:
        floor = fidelity(data["train"], data["test"], judge)
    ((score, value),) = floor.items()
    means = table.groupby(["model", "sampler", "steps"])[score].mean()
    figures = {"-".join(map(str, key)): float(mean) for key, mean in means.items()}
    save_json(f"metrics/curves/{name}.json", figures | {f"{score}_floor": value})
    save_table(f"metrics/curves/{name}.csv", table)
    line = table["model"] + " " + table["sampler"]
    wide = table.assign(line=line).pivot_table(score, "steps", "line", sort=False)
    wide = wide.assign(floor=value)
    save_table(f"plots/steps/{name}.csv", wide, index=True)
    lines(table, score, value, f"plots/curves/{name}.png")


if __name__ == "__main__":
    command(main)
