"""The training loop: AdamW, warm-up and decay, clipping, averaged weights, checkpoints.

Under torchrun every rank takes the same steps and computes its rows of the batch. What happens in
step i depends on the seed and i alone, so a training that was killed and goes on from its
checkpoint ends with the same bytes as one that was not.
"""

import copy
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor
from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.files import load_tensors, save_tensors
from scorefield.core.hardware import keep_memory

Loss = Callable[[Model, dict[str, Tensor]], Tensor]  # (model, batch) -> (B,)
EVERY = float(os.environ.get("SCOREFIELD_CHECKPOINT_SECONDS", 30))


@dataclass
class Progress:
    """How far a training is: all that a checkpoint holds beside tensors."""

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
    """The averaged model, its state at the lowest validation loss, and the way there."""

    average: Model
    best: Model
    progress: Progress

    def figures(self) -> dict[str, float]:
        """What a table of models shows."""
        return {
            "validation_loss": self.progress.curve[-1]["validation_loss"],
            "best_validation_loss": self.progress.best,
            "best_step": self.progress.best_step,
            "steps": self.progress.step,
            "parameters": sum(p.numel() for p in self.average.parameters()),
        }


def seed_step(seed: int, step: int) -> None:
    """Seed torch for one step of one training."""
    torch.manual_seed(int.from_bytes(sha256(f"{seed}/{step}".encode()).digest()[:8], "big") >> 1)


def split(data: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one split: x, its labels y where there are any, and others by suffix."""
    keys = {name: "x", f"{name}_labels": "y", f"{name}_pair": "pair"}
    return {short: data[key] for key, short in keys.items() if key in data}


def validate(model: Model, loss: Loss, held: dict[str, Tensor], seed: int, batch: int) -> float:
    """The mean loss over held-out data, with the same times and noise at every call."""
    training = model.training
    model.eval()
    total, n = 0.0, len(held["x"])
    with torch.no_grad():
        for start in range(0, n, 4 * batch):
            seed_step(seed, -1 - start)
            part = {key: value[start : start + 4 * batch] for key, value in held.items()}
            with ranks.spread(model):
                total += loss(model, part).double().sum().item()
    model.train(training)
    return total / n


def train(
    model: Model,
    loss: Loss,
    data: dict[str, Tensor],
    folder: Path,
    seed: int,
    *,
    steps: int,
    batch: int,
    lr: float,
    warmup: int = 100,
    clip: float = 1.0,
    ema: float = 0.999,
    weight_decay: float = 0.0,
    validations: int = 10,
) -> Iterator[tuple[Trained, dict[str, float]]]:
    """Train in place; yields the state and a row of the curve after every validation.

    The rate rises over `warmup` steps and falls linearly to 0; averaged weights follow with decay
    min(ema, (1 + i) / (10 + i)); `folder` keeps the checkpoint. Raises InputError on divergence.
    """
    fresh, held = split(data, "train"), split(data, "validation")
    state, optimiser = begin(model, lr, weight_decay, folder)
    progress, saved = state.progress, time.monotonic()
    stops = {round(steps * (i + 1) / validations) for i in range(validations)}
    if progress.step == steps:
        yield state, record(state, loss, held, seed, batch, 0.0)
    model.train()
    todo, silent = range(progress.step, steps), ranks.rank() > 0
    for step in (bar := tqdm(todo, "train", initial=progress.step, total=steps, disable=silent)):
        rate = lr * min(1.0, (step + 1) / max(warmup, 1)) * (1 - step / steps)
        value = descend(model, loss, fresh, optimiser, seed, step, batch, rate, clip)
        follow(state.average, model, min(ema, (1 + step) / (10 + step)))
        progress.advance(value)
        bar.set_postfix_str(f"loss {value:.4f}, {throughput(bar, batch)}", refresh=False)
        if progress.step in stops:
            yield state, record(state, loss, held, seed, batch, rate)
        if time.monotonic() - saved > EVERY and progress.step < steps:
            checkpoint(folder, model, state, optimiser)
            saved = time.monotonic()


def begin(
    model: Model, lr: float, weight_decay: float, folder: Path
) -> tuple[Trained, torch.optim.Optimizer | None]:
    """State and optimiser of a training, from the folder's checkpoint where there is one; no
    optimiser where there is nothing to train."""
    keep_memory()
    average, best = (copy.deepcopy(model).eval().requires_grad_(False) for _ in range(2))
    state, weights = Trained(average, best, Progress()), list(model.parameters())
    given = {"weight_decay": weight_decay, "fused": True}
    optimiser = torch.optim.AdamW(weights, lr, **given) if weights else None
    restore(folder, model, state, optimiser)
    return state, optimiser


def descend(
    model: Model,
    loss: Loss,
    fresh: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    seed: int,
    step: int,
    batch: int,
    rate: float,
    clip: float,
) -> float:
    """One step on a batch drawn with replacement; returns its loss."""
    seed_step(seed, step)
    pick = torch.randint(len(fresh["x"]), (batch,)).to(fresh["x"].device)
    optimiser.param_groups[0]["lr"] = rate
    with ranks.spread(model):
        value = loss(model, {key: item[pick] for key, item in fresh.items()}).mean()
    value.backward()
    ranks.average(model)
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    optimiser.zero_grad()
    return value.item()


def follow(average: Model, model: Model, decay: float) -> None:
    """Move the averaged weights towards the model's; buffers are those of the model."""
    with torch.no_grad():
        for kept, now in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(now)
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def throughput(bar: tqdm, batch: int) -> str:
    rate = bar.format_dict["rate"]
    return f"{batch * rate:.0f} samples/s" if rate else "starting"


def record(
    state: Trained, loss: Loss, held: dict[str, Tensor], seed: int, batch: int, rate: float
) -> dict[str, float]:
    """Validate the averaged model, keep it if it is the best yet, and add a row to the curve."""
    progress = state.progress
    value = validate(state.average, loss, held, seed, batch)
    recent = sum(progress.losses) / max(len(progress.losses), 1) if progress.losses else value
    if not (value < float("inf") and recent < float("inf")):
        raise InputError(
            f"training diverged before step {progress.step}: loss {recent}, validation loss "
            f"{value}; a lower lr or clip may help"
        )
    if value < progress.best:
        progress.best, progress.best_step = value, progress.step
        state.best.load_state_dict(state.average.state_dict())
    row = {"step": progress.step, "loss": recent, "validation_loss": value, "lr": rate}
    progress.curve.append(row)
    progress.losses = []
    return row


def checkpoint(
    folder: Path, model: Model, state: Trained, optimiser: torch.optim.Optimizer
) -> None:
    """Write all of it, on rank 0."""
    if ranks.rank() > 0:
        return
    tensors = {}
    for part, module in (("model", model), ("average", state.average), ("best", state.best)):
        tensors |= {f"{part}/{key}": value for key, value in module.state_dict().items()}
    for i, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{i}/{key}": value for key, value in moments.items()}
    words = {"progress": json.dumps(asdict(state.progress))}
    save_tensors(folder / "checkpoint.safetensors", tensors, words)


def restore(
    folder: Path, model: Model, state: Trained, optimiser: torch.optim.Optimizer | None
) -> None:
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
    moments = {}
    for key, value in under("optimiser").items():
        i, name = key.split("/")
        moments.setdefault(int(i), {})[name] = value
    optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
