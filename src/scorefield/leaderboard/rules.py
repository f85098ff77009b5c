"""The rules of the contest: which scores are ranked, and how."""

from functools import cache
from typing import Any

from scorefield.pipeline import params
from scorefield.pipeline.files import load_tensors

SAMPLES, COPIES = 5000, 0.01  # scored samples; the share that may copy or be known
RULES = (
    f"A run is ranked if it has exactly {SAMPLES:,} samples, all different. It is scored against "
    f"the test split, of which the model's training data may hold at most {COPIES:.0%}. All runs "
    "on a dataset have the same evaluator: the hash of real images, evaluator and evaluation code "
    "must be the current one, and scores and samples are those that dvc.lock names. At most "
    f"{COPIES:.0%} of the samples may copy a real image. A copy is nearer to a real image than a "
    "third of the distance to the second nearest, in pixels or in the evaluator's features; or "
    "than half of it, after shifts of at most 2 pixels and small affine maps; or it is a blend of "
    "two real images. The rank is one more than the number of runs whose 95 % "
    "interval of FID lies completely below the run's own interval. Runs with overlapping "
    "intervals can share a rank."
)


def networks(spec: dict[str, Any]) -> list[str]:
    """The entries of `models` that a run draws with: its model, and its guide where it has one."""
    return [spec["model"], *([spec["guide"]] if "guide" in spec else [])]


@cache
def held(name: str, *splits: str) -> frozenset[bytes]:
    """The images of a dataset's splits, to the byte."""
    known = load_tensors(f"data/{name}.safetensors")
    return frozenset(row.tobytes() for key in splits if key in known for row in known[key].numpy())


def leaked(spec: dict[str, Any]) -> float:
    """The share of the run's test images that its networks were trained or validated on."""
    test = held(spec["data"], "test")
    names = {params.entry("models", name)["data"] for name in networks(spec)}
    seen = frozenset[bytes]().union(*(held(name, "train", "validation") for name in names))
    return len(test & seen) / len(test)


def objection(figures: dict[str, Any], now: str, known: float = 0.0, samples: int = SAMPLES) -> str:
    """Why a run of these figures is not ranked, in one line; nothing where it is. `now` is the
    evaluator of its dataset, `known` the share of test images that its networks have seen, and
    `samples` are as many as a ranked run has."""
    if (by := figures.get("evaluator", "of an older version")) != now:
        return f"refused: scored by evaluator {by}; that of this dataset is now {now}"
    n, differ = figures["n"], figures["distinct"]
    if known > COPIES:
        return f"flagged: the model was trained on {known:.0%} of the test images"
    if figures["copies"] > COPIES:
        return f"flagged: {figures['copies']:.1%} of the samples copy real images"
    if differ < n:
        return f"flagged: only {differ} of {n} samples differ"
    if "unguided_fid" in figures:
        return "unranked: drawn to match test images"
    return "" if n == samples else f"unranked: {n} samples, not {samples}"


def ranks(low: list[float], high: list[float]) -> list[int]:
    """One more than the number of intervals that lie wholly below each."""
    return [1 + sum(other < mine for other in high) for mine in low]
