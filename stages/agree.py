"""How well samples match, as figures, table and metrics. Usage: python stages/agree.py NAME"""

from scorefield.core import params
from scorefield.core.datasets import Points, load_dataset
from scorefield.core.files import command, save_json, save_table
from scorefield.core.records import load_records
from scorefield.core.studies import MatchCell
from scorefield.lab.evaluators import load_evaluator
from scorefield.lab.matching_report import match_figures, match_table
from scorefield.plots.couples import couples
from scorefield.plots.matched import matched
from scorefield.plots.strength import strength


def main(name: str) -> None:
    spec = params.entry("matches", name)
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["judge"])
    cells = load_records(f"samples/{name}-match.safetensors", MatchCell)
    table = match_table(cells, data, evaluator)
    save_table(f"metrics/matches/{name}.csv", table)
    save_json(f"metrics/matches/{name}.json", match_figures(table))
    strength(table, f"plots/matches/{name}/strength.png")
    together = {cell.way: (cell.y, cell.samples) for cell in cells if cell.source is None}
    if isinstance(data, Points):
        couples(together, f"plots/matches/{name}/together.png")
    else:
        matched(together, f"plots/matches/{name}/together.png")


if __name__ == "__main__":
    command(main)
