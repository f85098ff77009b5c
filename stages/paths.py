"""Paths between examples at several noise levels. Usage: python stages/paths.py NAME"""

from scorefield.command import command
from scorefield.core.hardware import keep_memory
from scorefield.experiments.transition_paths import path_study
from scorefield.pipeline.records import save_records


def main(name: str) -> None:
    keep_memory()
    save_records(f"samples/{name}-paths.safetensors", path_study(name))


if __name__ == "__main__":
    command(main)
