"""Hold params.yaml against the code before anything computes, and hash the code of every stage.

Usage: python stages/check.py
"""

import sys
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scorefield.core.errors import InputError
from scorefield.core.registry import SOURCE
from scorefield.lab.signatures import parsed
from scorefield.lab.stage_code import fingerprints
from scorefield.lab.validation import problems


def main() -> None:
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
    except YAMLError as error:
        sys.exit(f"error: params.yaml: {' '.join(str(error).split())}")
    try:
        for file in SOURCE.rglob("*.py"):
            parsed(str(file.relative_to(SOURCE)))
        wrong = [f"params.yaml: {line}" for line in problems(params)]
    except InputError as error:
        wrong = [str(error)]
    if wrong:
        sys.exit("\n".join(f"error: {line}" for line in wrong))
    for name, hashed in fingerprints(params).items():
        file = Path("code", f"{name}.txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{hashed}\n")


if __name__ == "__main__":
    main()
