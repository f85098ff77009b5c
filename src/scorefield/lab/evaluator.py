"""What scored a run: the hash of everything that decides its scores beside its samples."""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.files import WEIGHTS, load_json, load_tensors

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


def code(judge: Path) -> list[Path]:
    """The files that score images: the metrics, and the judge's network."""
    net = load_json(judge / "config.json")["_scorefield"]["net"]
    roots = [SOURCE / "metrics/images.py", SOURCE / f"nets/{net}.py"]
    return sorted({*roots}.union(*map(imports, roots)))


def evaluator(spec: dict[str, Any]) -> str:
    """The hash of the run's real images, its judge, the code of both and the numbers of the
    evaluation; 12 hexadecimal digits."""
    judge, known = Path("models", spec["judge"]), load_tensors(f"data/{spec['data']}.safetensors")
    parts = [file.read_bytes() for file in (*code(judge), judge / "config.json", judge / WEIGHTS)]
    parts += [known[key].numpy().tobytes() for key in sorted(known)]
    parts.append(repr(sorted(params.section("images").items())).encode())
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()[:12]
