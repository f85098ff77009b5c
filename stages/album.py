"""Paths as pictures, table and metrics. Usage: python stages/album.py NAME"""

from scorefield.core import params
from scorefield.core.datasets import load_dataset
from scorefield.core.files import command, save_json, save_table
from scorefield.core.records import load_records
from scorefield.core.studies import PathRecord
from scorefield.lab.evaluators import load_evaluator
from scorefield.lab.journey_report import path_pictures, path_table
from scorefield.metrics.passage import summed


def main(name: str) -> None:
    spec = params.entry("paths", name)
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["judge"])
    records = load_records(f"samples/{name}-paths.safetensors", PathRecord)
    table = path_table(records, data, evaluator)
    save_table(f"metrics/paths/{name}.csv", table)
    motions = [record.motion for record in records if record.motion]
    save_json(f"metrics/paths/{name}.json", summed(table, motions))
    path_pictures(records, evaluator, f"plots/paths/{name}")


if __name__ == "__main__":
    command(main)
