"""Write a JSON schema of params.yaml for editors. Usage: python stages/schema.py"""

import json
from pathlib import Path

from scorefield.lab.json_schema import schema

FILE = Path(".schema/params.json")


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(schema(), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
