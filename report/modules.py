"""The scripts of the page: modules in files, which one HTML file carries as an import map."""

import json
from base64 import b64encode
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = ("playground", "viewer")


def import_map() -> str:
    """The content of a script of type importmap: each module, by the name of its file
    (playground/laws), as a data URI, so that the page needs no other file."""
    found = {}
    for path in sorted(path for folder in FOLDERS for path in (HERE / folder).glob("*.js")):
        name = path.relative_to(HERE).with_suffix("").as_posix()
        found[name] = f"data:text/javascript;base64,{b64encode(path.read_bytes()).decode()}"
    return json.dumps({"imports": found})
