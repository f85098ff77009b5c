"""Check params.yaml against the code before all else, and remove empty folders of samples.

Usage: python stages/validate.py"""

import os

from scorefield.command import command
from scorefield.core.errors import InputError
from scorefield.pipeline.commits import git
from scorefield.pipeline.empty_folders import remove_empty_folders
from scorefield.pipeline.files import save_json
from scorefield.pipeline.json_schema import SCHEMA, schema
from scorefield.pipeline.validation import every_problem

UNDO = "`dvc exp run -S` changed params.yaml, and `git checkout params.yaml` takes it back"


def main() -> None:
    wrong = every_problem("params.yaml")
    if wrong and "DVC_EXP_NAME" in os.environ and git("diff", "--name-only", "params.yaml"):
        wrong[-1] += f"; {UNDO}"
    if wrong:
        raise InputError("\nerror: ".join(wrong))
    remove_empty_folders()
    save_json(SCHEMA, schema())


if __name__ == "__main__":
    command(main)
