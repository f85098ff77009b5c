"""The rules of the contest: what is scored how, and which scores are ranked."""

import ast
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.files import WEIGHTS, load_tensors

SAMPLES, COPIES = 5000, 0.01  # how many are scored; the share that may copy a real image
SOURCE = Path(find_spec("scorefield").submodule_search_locations[0])
RULES = (
    f"Ranked are runs of exactly {SAMPLES:,} samples that differ, scored against the test split, "
    "which nothing is trained or tuned on, by today's evaluator: the hash of reference images, "
    f"judge and evaluation code must agree. At most {COPIES:.0%} of the samples may copy a real "
    "image, nearer to it than a third of the way to the next, in pixels or in the judge's "
    "features. A rank is one more than the number of runs whose 95 % interval of FID lies wholly "
    "below one's own, so runs that cannot be told apart share it."
)


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


def evaluator(spec: dict[str, Any]) -> str:
    """The hash of all that decides the scores of a run beside its samples: the reference images,
    the judge's weights, the code of the evaluation and its numbers; 12 hexadecimal digits."""
    code = SOURCE / "metrics/images.py"
    files = [code, *sorted(imports(code)), Path("models", spec["judge"], WEIGHTS)]
    known = load_tensors(f"data/{spec['data']}.safetensors")
    parts = [file.read_bytes() for file in files]
    parts += [known[key].numpy().tobytes() for key in ("test", "test_labels")]
    parts.append(repr(sorted(params.section("images").items())).encode())
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()[:12]


def objection(figures: dict[str, Any], now: str) -> str:
    """Why a run of these figures is not ranked, in one line; nothing where it is."""
    n, differ = figures["n"], figures["distinct"]
    if figures["evaluator"] != now:
        return f"refused: scored by evaluator {figures['evaluator']}, which is now {now}"
    if figures["copies"] > COPIES:
        return f"flagged: {figures['copies']:.1%} of the samples copy real images"
    if differ < n:
        return f"flagged: only {differ} of {n} samples differ"
    if "agreement" in figures:
        return "unranked: drawn to match test images"
    return "" if n == SAMPLES else f"unranked: {n} samples, not {SAMPLES}"


def ranks(low: list[float], high: list[float]) -> list[int]:
    """One more than the number of intervals that lie wholly below each."""
    return [1 + sum(other < mine for other in high) for mine in low]
