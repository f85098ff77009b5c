"""Sample two models under every guidance and scale. Usage: python stages/sweep.py NAME"""

from scorefield.core import params
from scorefield.core.files import command
from scorefield.core.records import save_records
from scorefield.lab.identity import running, scratch
from scorefield.lab.sweep import sweep


def main(name: str) -> None:
    with scratch(running(f"sweep@{name}")) as folder:
        cells = sweep(params.entry("sweeps", name), folder, **params.section("sampling"))
        if cells:
            save_records(f"samples/{name}-sweep.safetensors", cells)


if __name__ == "__main__":
    command(main)
