"""The state of a training, and the file that it goes on from."""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import safe_open
from torch import Tensor
from torch.optim import Optimizer

from scorefield.core.model import Model
from scorefield.pipeline import ranks
from scorefield.pipeline.files import load_tensors, save_tensors

EVERY = float(os.environ.get("SCOREFIELD_CHECKPOINT_SECONDS", 30))


@dataclass
class Progress:
    """How far a training is: what a checkpoint holds apart from tensors."""

    step: int = 0
    best: float = float("inf")
    best_step: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # since the last validation

    def advance(self, loss: float) -> None:
        self.step += 1
        self.losses.append(loss)


@dataclass
class Trained:
    """The averaged model, its state at the lowest validation loss, and the progress of training."""

    average: Model
    best: Model
    progress: Progress
    losses: list[float] = field(default_factory=list)  # between the last two validations

    def figures(self) -> dict[str, float]:
        """What a table of models shows."""
        return {
            "validation_loss": self.progress.curve[-1]["validation_loss"],
            "best_validation_loss": self.progress.best,
            "best_step": self.progress.best_step,
            "steps": self.progress.step,
            "parameters": sum(p.numel() for p in self.average.parameters()),
        }


def kept(
    folder: Path | None,
    model: Model,
    state: Trained,
    optimisers: list[Optimizer],
    saved: float,
) -> float:
    """Write a checkpoint where the last one, of the moment `saved`, is old; when it was written."""
    if folder is None or time.monotonic() - saved <= EVERY:
        return saved
    checkpoint(folder, model, state, optimisers)
    return time.monotonic()


def checkpoint(folder: Path, model: Model, state: Trained, optimisers: list[Optimizer]) -> None:
    """Write all of it, on rank 0."""
    if ranks.rank() > 0:
        return
    tensors: dict[str, Tensor] = {}
    for part, module in (("model", model), ("average", state.average), ("best", state.best)):
        tensors |= {f"{part}/{key}": value for key, value in module.state_dict().items()}
    for k, optimiser in enumerate(optimisers):
        for i, moments in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{k}/{i}/{key}": value for key, value in moments.items()}
    words = {"progress": json.dumps(asdict(state.progress))}
    save_tensors(folder / "checkpoint.safetensors", tensors, words)


def restore(folder: Path, model: Model, state: Trained, optimisers: list[Optimizer]) -> None:
    """Go on from the folder's checkpoint, if there is one."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return
    tensors = load_tensors(path)
    with safe_open(path, "pt") as file:
        state.progress = Progress(**json.loads(file.metadata()["progress"]))
    under = lambda top: {
        key.removeprefix(f"{top}/"): value
        for key, value in tensors.items()
        if key.startswith(f"{top}/")
    }
    for part, module in (("model", model), ("average", state.average), ("best", state.best)):
        module.load_state_dict(under(part))
    for k, optimiser in enumerate(optimisers):
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in under(f"optimiser/{k}").items():
            i, name = key.split("/")
            moments.setdefault(int(i), {})[name] = value
        optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
