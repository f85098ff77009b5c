"""Check params.yaml against the code before all else. Usage: python stages/validate.py"""

from scorefield.core.errors import InputError
from scorefield.pipeline.files import command, save_json
from scorefield.pipeline.json_schema import SCHEMA, schema
from scorefield.pipeline.validation import every_problem


def main() -> None:
    if wrong := every_problem("params.yaml"):
        raise InputError("\nerror: ".join(wrong))
    save_json(SCHEMA, schema())


if __name__ == "__main__":
    command(main)
