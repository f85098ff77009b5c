"""What a file of this project runs: itself and all that it imports, as one hash.

DVC does not follow imports. `check` writes these hashes to `code/`, and the stages depend on them.
"""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).parents[1]


@cache
def imports(path: Path) -> frozenset[Path]:
    """The files of this package that a file imports, directly or not."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scorefield"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names if a.name.startswith("scorefield")]
        for name in names:
            target = SOURCE.joinpath(*name.split(".")[1:]).with_suffix(".py")
            if target.exists() and target not in found:
                found |= {target} | imports(target)
    return frozenset(found)


def fingerprint(*paths: Path) -> str:
    """The hash of the files and all that they import."""
    whole = sha256()
    for path in sorted({*paths}.union(*map(imports, paths))):
        whole.update(sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def fingerprints(kinds: tuple[str, ...]) -> dict[str, str]:
    """That of every stage, by its name, and of every method, by kind/name."""
    found = {file.stem: fingerprint(file) for file in sorted(Path("stages").glob("*.py"))}
    for kind in kinds:
        for file in sorted((SOURCE / kind).glob("[!_]*.py")):
            found[f"{kind}/{file.stem}"] = fingerprint(file)
    return found
