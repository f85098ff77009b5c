"""Score two models at several numbers of steps. Usage: python stages/few_steps.py NAME"""

from scorefield.command import command
from scorefield.experiments.few_steps import few_steps
from scorefield.pipeline import params
from scorefield.pipeline.files import save_table
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"few_steps@{name}")) as folder:
        table = few_steps(params.entry("few_steps", name), folder)
        save_table(f"samples/{name}-few_steps.csv", table)


if __name__ == "__main__":
    command(main)
