"""Samples of a pair of models that should match. Usage: python stages/matching.py NAME"""

from scorefield.command import command
from scorefield.experiments.matching import matching
from scorefield.pipeline import params
from scorefield.pipeline.records import save_records
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"matching@{name}")) as folder:
        samples = matching(params.entry("matching", name), folder)
        save_records(f"samples/{name}-matching/pair.safetensors", samples)


if __name__ == "__main__":
    command(main)
