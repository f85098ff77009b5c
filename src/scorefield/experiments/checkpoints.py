"""The state of a training, and the file that it goes on from."""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor
from torch.optim import Optimizer

from scorefield.core.model import Model
from scorefield.experiments.clock import Clock
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
    ranked_by: str = "validation_loss"  # the figure of which `best` is the least
    recent: list[list[float]] = field(default_factory=list)  # STEP, since the last validation


@dataclass
class Trained:
    """The averaged model, its state at the lowest validation loss, and the progress of training."""

    average: Model
    best: Model
    progress: Progress
    series: list[dict[str, float]] = field(default_factory=list)  # of the steps since the last one
    powers: dict[float, Model] = field(default_factory=dict)  # power averages by their width
    clock: Clock = field(default_factory=Clock)
    saved: float = field(default_factory=time.monotonic)  # when the last checkpoint was written
    unread: list[tuple[Tensor, Tensor, float]] = field(default_factory=list)  # STEP, on the device
    loss: float = float("nan")  # of the last step that was read

    def advance(self, loss: Tensor, norm: Tensor, rate: float, images: int) -> None:
        """One step further, on so many images; loss and norm () are read later."""
        self.progress.step += 1
        self.unread.append((loss, norm, rate))
        self.clock.tick(images)

    def read(self) -> float:
        """Read what is known of the last steps from the device; the last loss that was ever read,
        NaN before the first."""
        if self.unread:
            known = torch.stack([torch.stack(pair) for *pair, _ in self.unread]).cpu().tolist()
            rates = [rate for *_, rate in self.unread]
            self.progress.recent += [[*pair, rate] for pair, rate in zip(known, rates, strict=True)]
            self.unread.clear()
            self.loss = known[-1][0]
        return self.loss

    def modules(self, model: Model) -> dict[str, Model]:
        """What a checkpoint holds the weights of, by name."""
        powers = {f"power-{width:g}": average for width, average in self.powers.items()}
        return {"model": model, "average": self.average, "best": self.best, **powers}

    def figures(self) -> dict[str, float]:
        """What a table of models shows."""
        return {
            "validation_loss": self.progress.curve[-1]["validation_loss"],
            f"best_{self.progress.ranked_by}": self.progress.best,
            "best_step": self.progress.best_step,
            "steps": self.progress.step,
            "parameters": sum(p.numel() for p in self.average.parameters()),
        }


def kept(folder: Path | None, model: Model, state: Trained, optimisers: list[Optimizer]) -> None:
    """Write a checkpoint where the last one is old."""
    if folder is not None and time.monotonic() - state.saved > EVERY:
        checkpoint(folder, model, state, optimisers)
        state.saved = time.monotonic()


def checkpoint(folder: Path, model: Model, state: Trained, optimisers: list[Optimizer]) -> None:
    """Write all of it, on rank 0."""
    state.read()
    if ranks.rank() > 0:
        return
    tensors: dict[str, Tensor] = {}
    for part, module in state.modules(model).items():
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
    for part, module in state.modules(model).items():
        module.load_state_dict(under(part))
    for k, optimiser in enumerate(optimisers):
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in under(f"optimiser/{k}").items():
            i, name = key.split("/")
            moments.setdefault(int(i), {})[name] = value
        optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
