"""The training loop: optimisers, warm-up and decay, clipping, averaged weights, checkpoints.

Under torchrun every rank takes the same steps and computes its rows of the batch. What happens in
step i depends on the seed and i alone, so a training that was killed and goes on from its
checkpoint ends with the same bytes as one that was not.
"""

import copy
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import Optimizer
from tqdm import tqdm

from scorefield.core.bounds import Below1, Count, Natural, NonNegative, OptimiserName, Positive
from scorefield.core.errors import InputError
from scorefield.core.hardware import keep_memory
from scorefield.core.model import Model
from scorefield.core.registry import load_method
from scorefield.experiments.checkpoints import Progress, Trained, kept, restore
from scorefield.pipeline import ranks

Loss = Callable[[Model, dict[str, Tensor]], Tensor]  # (model, batch) -> (B,)


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
            with ranks.spread(model.net):
                total += loss(model, part).double().sum().item()
    model.train(training)
    return total / n


def train(
    model: Model,
    loss: Loss,
    data: dict[str, Tensor],
    folder: Path | None,
    seed: int,
    silent: bool = False,
    *,
    steps: Natural = 2000,
    batch: Count = 64,
    lr: NonNegative = 0.002,
    optimiser: OptimiserName = "adamw",
    warmup: Natural = 100,
    clip: Positive = 1.0,
    ema: Below1 = 0.999,
    weight_decay: NonNegative = 0.0,
    validations: Count = 10,
) -> Iterator[tuple[Trained, dict[str, float]]]:
    """Train in place; yields the state and a row of the curve after every validation. `optimiser`
    is a method or its name. The rate rises over `warmup` steps and falls linearly to 0; weights are
    averaged with decay min(ema, (1 + i) / (10 + i)). Raises InputError on divergence."""
    fresh, held = split(data, "train"), split(data, "validation")
    optimisers = made(optimiser, model, lr, weight_decay)
    state = begin(model, optimisers, folder)
    progress, saved = state.progress, time.monotonic()
    stops = {round(steps * (i + 1) / validations) for i in range(validations)}
    if progress.step == steps or not optimisers:
        yield state, record(state, loss, held, seed, batch, 0.0)
        return
    todo, silent = range(progress.step, steps), silent or ranks.rank() > 0
    for step in (bar := tqdm(todo, "train", initial=progress.step, total=steps, disable=silent)):
        share = min(1.0, (step + 1) / max(warmup, 1)) * (1 - step / steps)
        value = descend(model, loss, fresh, optimisers, seed, step, batch, share, clip)
        follow(state.average, model, min(ema, (1 + step) / (10 + step)))
        progress.advance(value)
        bar.set_postfix_str(f"loss {value:.4f}, {throughput(bar, batch)}", refresh=False)
        if progress.step in stops:
            yield state, record(state, loss, held, seed, batch, share * lr)
        saved = kept(folder, model, state, optimisers, saved)


def made(optimiser: OptimiserName, model: Model, lr: float, weight_decay: float) -> list[Optimizer]:
    """The optimisers of a model's weights; none where it has no weights."""
    make = load_method("optimisers", optimiser) if isinstance(optimiser, str) else optimiser
    found: list[Optimizer] = make(model.net, lr, weight_decay) if list(model.parameters()) else []
    return found


def begin(model: Model, optimisers: list[Optimizer], folder: Path | None) -> Trained:
    """The state of a training, from the folder's checkpoint where there is one."""
    keep_memory()
    average, best = (copy.deepcopy(model).eval().requires_grad_(False) for _ in range(2))
    state = Trained(average, best, Progress())
    if folder and optimisers:
        restore(folder, model, state, optimisers)
    model.train()
    return state


def set_rates(optimisers: list[Optimizer], share: float) -> None:
    """Set the rate of each optimiser to a share of the one that it was made with."""
    for each in optimisers:
        each.param_groups[0]["lr"] = share * each.defaults["lr"]


def descend(
    model: Model,
    loss: Loss,
    fresh: dict[str, Tensor],
    optimisers: list[Optimizer],
    seed: int,
    step: int,
    batch: int,
    share: float,
    clip: float,
) -> float:
    """One step on a batch drawn with replacement, at a share of the rates; returns its loss."""
    set_rates(optimisers, share)
    seed_step(seed, step)
    pick = torch.randint(len(fresh["x"]), (batch,)).to(fresh["x"].device)
    with ranks.spread(model.net):
        value = loss(model, {key: item[pick] for key, item in fresh.items()}).mean()
    value.backward()
    ranks.average(model)
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for each in optimisers:
        each.step()
        each.zero_grad()
    return value.item()


def follow(average: Model, model: Model, decay: float) -> None:
    """Move the averaged weights towards the model's; buffers are those of the model."""
    with torch.no_grad():
        for kept, now in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(now)
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def throughput(bar: "tqdm[int]", batch: int) -> str:
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
    state.losses, progress.losses = progress.losses, []
    return row
