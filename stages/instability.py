"""Instability scores of two models. Usage: python stages/instability.py NAME"""

from scorefield.command import command
from scorefield.experiments.instability_study import instability_study
from scorefield.pipeline import params
from scorefield.pipeline.records import save_records
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"instability@{name}")) as folder:
        found = instability_study(name, params.entry("instability", name), folder)
        if found is not None:
            save_records(f"samples/{name}-instability.safetensors", [found])


if __name__ == "__main__":
    command(main)
