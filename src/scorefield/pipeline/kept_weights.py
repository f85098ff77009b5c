"""Which weights of a trained model are used: the last average, the best one, or an average of any
width, made of the snapshots that the training kept."""

from pathlib import Path
from typing import Literal

from torch import Tensor

from scorefield.core.bounds import Width
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.power_average import Snapshot, mixture
from scorefield.pipeline.files import WEIGHTS, load_json, load_model, load_tensors

Kept = Literal["last", "best"] | Width
SNAPSHOTS = "snapshots"  # the folder of them inside of a model's


def snapshot_file(folder: Path, snapshot: Snapshot) -> Path:
    """Where a snapshot is kept."""
    return folder / f"{snapshot.step:07}-{snapshot.width:g}.safetensors"


def snapshots(folder: Path) -> list[Snapshot]:
    """The snapshots in a folder, by step."""
    named = [file.stem.split("-") for file in sorted(folder.glob("*-*.safetensors"))]
    return [Snapshot(int(step), float(width)) for step, width in named]


def averaged(folder: str | Path, width: float) -> dict[str, Tensor]:
    """The weights of a trained model's folder, averaged over the training with a power profile of
    that relative width. Raises InputError where the training kept no snapshots."""
    place = Path(folder, SNAPSHOTS)
    kept = snapshots(place)
    if not kept:
        raise InputError(f"{folder}: no snapshots to average; train it with `snapshots` above 0")
    steps = load_json(Path(folder, "figures.json"))["steps"]
    total: dict[str, Tensor] = {}
    for each, share in zip(kept, mixture(kept, Snapshot(steps, width)), strict=True):
        for key, value in load_tensors(snapshot_file(place, each)).items():
            if value.is_floating_point():
                total[key] = total.get(key, 0) + share * value.double()
    return {key: value.float() for key, value in total.items()}


def load_weights(folder: str | Path, weights: Kept = "last") -> Model:
    """A trained model in evaluation mode with its last, its best, or averaged weights. Raises
    InputError where the training kept none of these."""
    if weights == "best" and not Path(folder, "best", WEIGHTS).exists():
        raise InputError(f"{folder}: has no best weights, it is not from this project's training")
    model = load_model(Path(folder, "best") if weights == "best" else folder)
    if isinstance(weights, float | int):
        model.net.load_state_dict(model.net.state_dict() | averaged(folder, weights))
    return model
