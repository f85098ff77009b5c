"""Samples that one guide leads to given y. Usage: python stages/matching_guides.py NAME"""

from scorefield.command import command
from scorefield.experiments.matching_guides import matching_guides
from scorefield.pipeline import params
from scorefield.pipeline.records import save_records
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"matching_guides@{name}")) as folder:
        spec = params.entry("matching_guides", name)
        found = matching_guides(spec, folder)
        save_records(f"samples/{spec['study']}-matching/{name}.safetensors", [found])


if __name__ == "__main__":
    command(main)
