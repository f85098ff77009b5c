"""The headline figures of the project as one file, DVC's metric. Usage: python stages/summary.py"""

from scorefield.command import command
from scorefield.core.errors import InputError
from scorefield.core.registry import near
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json, save_json
from scorefield.pipeline.summary import SUMMARY


def headline(key: str, result: str, figure: str) -> float:
    figures = load_json(f"metrics/{result}.json")
    if figure not in figures:
        hint = near(figure, [*figures])
        raise InputError(f"{SUMMARY}.{key}: no figure '{figure}' in metrics/{result}.json; {hint}")
    return float(figures[figure])


def main() -> None:
    chosen = params.section(SUMMARY)
    save_json("metrics/summary.json", {key: headline(key, *place) for key, place in chosen.items()})


if __name__ == "__main__":
    command(main)
