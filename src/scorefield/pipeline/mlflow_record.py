"""What MLflow is told of a result, by one schema for live runs and mirrored ones.

Params: the entry's own keys with the names of its methods (`net`, `sampler`, `n`), and the numbers
of methods as `<section>.<key>` (`unet.lr`). Metrics: `train/`, `epoch/` and `eval/`. Artifacts:
`plots/` and `metrics/`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scorefield.core.registry import methods
from scorefield.pipeline import params

OF_STEPS = ("loss", "grad_norm", "lr")
SCORES = ("fid", "kid", "mmd2")  # of samples, while a model trains
Series = list[tuple[int, dict[str, float]]]  # (step, {name: value})


@dataclass(frozen=True)
class DataInput:
    """A dataset that a run reads: its name, the hash of its file and its path."""

    name: str
    digest: str
    path: str


@dataclass(frozen=True)
class RunRecord:
    """One run: the stage that makes it, the key of its work, what kind of result it is and of
    which dataset; `words` are results that are no numbers, `artifacts` are files by their place in
    the run, `result` is the file whose commit is that of the result, `start` is in seconds since
    the epoch (None: now)."""

    stage: str
    key: str
    kind: str
    data: str
    params: dict[str, Any]
    series: Series = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    inputs: list[DataInput] = field(default_factory=list)
    artifacts: dict[str, Path] = field(default_factory=dict)
    result: str = ""
    start: float | None = None
    seconds: float = 0.0


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots; an empty section has none."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        inner = flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        found |= inner
    return found


def run_params(spec: Mapping[str, Any], sections: Mapping[str, Any]) -> dict[str, Any]:
    """The params of an entry: its own keys, and the numbers of sections, which the entry's own
    sections override. Sections of optimisers that its network does not name are left out."""
    names = {key: value for key, value in spec.items() if not isinstance(value, dict)}
    found = names | flat(sections) | flat(spec)
    others = {*methods("optimisers")} - {found.get(f"{spec.get('net')}.optimiser")}
    return {key: value for key, value in found.items() if key.partition(".")[0] not in others}


def training_record(name: str, key: str) -> RunRecord:
    """The run of an entry of `models` before it is trained. Raises InputError for no entry."""
    spec = params.entry("models", name)
    named = (spec["net"], spec["objective"], *methods("optimisers"), "watch")
    sections = {method: params.section(method) for method in named}
    given = run_params(spec, sections)
    return RunRecord(f"train@{name}", key, "training", spec["data"], given)


def curve_series(row: Mapping[str, float], steps: Sequence[Mapping[str, float]] = ()) -> Series:
    """A row of a training curve as metrics: scores as `eval/`, other figures as `epoch/`. `steps`
    are what is known of the single steps that end at the row's, as `train/`; without them it is
    the row's loss and norm, their means, and its rate."""
    last = int(row["step"])
    known = steps or [{key: row[key] for key in OF_STEPS if key in row}]
    first = last - len(known) + 1
    each = [
        (first + i, numbers({f"train/{key}": value for key, value in step.items()}))
        for i, step in enumerate(known)
    ]
    held = {
        f"{'eval' if key in SCORES else 'epoch'}/{key}": value
        for key, value in row.items()
        if key not in ("step", "lr", "grad_norm")
    }
    return [*each, (last, numbers(held))]


def eval_series(figures: Mapping[str, Any]) -> Series:
    """The figures of a result as metrics, at step 0."""
    return [(0, numbers({f"eval/{key}": value for key, value in flat(figures).items()}))]


def eval_words(figures: Mapping[str, Any]) -> dict[str, str]:
    """What a result says in words, such as the hash of its evaluator."""
    named = {f"eval/{key}": value for key, value in flat(figures).items()}
    return {key: value for key, value in named.items() if isinstance(value, str)}


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers among the values."""
    found = {key: float(v) for key, v in values.items() if isinstance(v, int | float)}
    return {key: value for key, value in found.items() if math.isfinite(value)}


def run_tags(record: RunRecord) -> dict[str, str]:
    """The tags of a run, without those of its commit."""
    again = (
        f"`dvc repro {record.stage}` makes this run again, with all that it needs; "
        f"`dvc repro -f -s {record.stage}` repeats its last stage alone."
    )
    return {
        "kind": record.kind,
        "stage": record.stage,
        "data": record.data,
        "dvc.key": record.key,
        "mlflow.note.content": again,
        "mlflow.source.name": f"dvc repro {record.stage}",
        "mlflow.source.type": "LOCAL",
        **record.words,
    }


def commit_tags(commit: str, committed: bool) -> dict[str, str]:
    """The tags of a result's commit; of a result that is in no commit, that of the code."""
    if not commit:
        return {}
    state = "yes" if committed else "no"
    return {"commit": commit, "committed": state, "mlflow.source.git.commit": commit}
