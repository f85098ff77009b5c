"""Train and score the variants of an ablation. Usage: python stages/ablation.py NAME"""

from scorefield.command import command
from scorefield.experiments.ablation import ablation
from scorefield.pipeline import params
from scorefield.pipeline.files import save_table
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"ablation@{name}")) as folder:
        table = ablation(params.entry("ablation", name), folder)
        save_table(f"samples/{name}-ablation.csv", table)


if __name__ == "__main__":
    command(main)
