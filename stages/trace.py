"""Paths between examples at several noise levels. Usage: python stages/trace.py NAME"""

from scorefield.core.files import command
from scorefield.core.hardware import keep_memory
from scorefield.core.records import save_records
from scorefield.lab.journey import path_study


def main(name: str) -> None:
    keep_memory()
    save_records(f"samples/{name}-paths.safetensors", path_study(name))


if __name__ == "__main__":
    command(main)
