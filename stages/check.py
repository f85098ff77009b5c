"""Hold params.yaml against the code before anything computes. Usage: python stages/check.py"""

import sys
from pathlib import Path

from ruamel.yaml import YAML, YAMLError

from scorefield.core.errors import InputError
from scorefield.lab.check import problems


def main() -> None:
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
    except YAMLError as error:
        sys.exit(f"error: params.yaml: {' '.join(str(error).split())}")
    try:
        wrong = [f"params.yaml: {line}" for line in problems(params)]
    except InputError as error:
        wrong = [str(error)]
    if wrong:
        sys.exit("\n".join(f"error: {line}" for line in wrong))
    Path("data").mkdir(exist_ok=True)
    Path("data/checked.txt").write_text("params.yaml names only what the code has\n")


if __name__ == "__main__":
    main()
