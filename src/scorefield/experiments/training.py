"""The training loop: optimisers, warm-up and decay, clipping, averaged weights, checkpoints.

Under torchrun every rank takes the same steps and computes its rows of the batch. What happens in
step i depends on the seed and i alone, so a training that was killed and goes on from its
checkpoint ends with the same bytes as one that was not.
"""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from math import inf
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import Optimizer
from tqdm import tqdm

from scorefield.core.bounds import (
    Batch,
    Below1,
    Count,
    Natural,
    NonNegative,
    OptimiserName,
    Positive,
)
from scorefield.core.errors import InputError
from scorefield.core.hardware import keep_memory, sent
from scorefield.core.model import Model
from scorefield.core.registry import load_method
from scorefield.experiments.averages import follow, follow_powers, power_averages
from scorefield.experiments.checkpoints import Progress, Trained, kept, restore
from scorefield.experiments.watch import Watch
from scorefield.pipeline import ranks

READ = 50  # steps between two looks at the loss, for which the host waits for the device
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
    losses, n = [], len(held["x"])
    with torch.no_grad():
        for start in range(0, n, 4 * batch):
            seed_step(seed, -1 - start)
            part = {key: value[start : start + 4 * batch] for key, value in held.items()}
            with ranks.spread(model.net):
                losses.append(loss(model, part))
    model.train(training)
    sums = [part.double().sum().item() for part in torch.cat(losses).cpu().split(4 * batch)]
    return sum(sums) / n


def train(
    model: Model,
    loss: Loss,
    data: dict[str, Tensor],
    folder: Path | None,
    seed: int,
    silent: bool = False,
    watch: Watch | None = None,
    *,
    steps: Natural = 2000,
    batch: Batch = 64,
    lr: NonNegative = 0.002,
    optimiser: OptimiserName = "adamw",
    warmup: Natural = 100,
    clip: Positive = 1.0,
    ema: Below1 = 0.999,
    weight_decay: NonNegative = 0.0,
    validations: Count = 10,
    snapshots: Natural = 0,
    flip: bool = False,
) -> Iterator[tuple[Trained, dict[str, float]]]:
    """Train in place; yields the state and a row of the curve after every validation. The rate
    rises over `warmup` steps and falls linearly to 0; weights are averaged with decay min(ema, (1 +
    i) / (10 + i)), and with `snapshots` twice by powers of the step. `flip` mirrors images. The
    score of a `watch` says which weights are best. Raises InputError on divergence."""
    optimisers = made(optimiser, model, lr, weight_decay)
    state = begin(model, optimisers, folder, snapshots > 0)
    stops = evenly(steps, max(1, round(steps / watch.every)) if watch else validations)
    check = partial(record, state, loss, split(data, "validation"), seed, batch, watch)
    fresh, todo = split(data, "train"), range(state.progress.step, steps if optimisers else 0)
    down = partial(descend, model, loss, fresh, optimisers, seed, batch, clip, flip)
    if not todo:
        yield state, state.progress.curve[-1] if state.progress.curve else check(0.0)
    for step in shown(todo, silent, state, batch):
        share = min(1.0, (step + 1) / max(warmup, 1)) * (1 - step / steps)
        state.advance(*down(step, share), share * lr, batch)
        follow_all(state, model, step, ema, folder, evenly(steps, snapshots))
        if step + 1 in stops:
            yield state, check(share * lr)
        kept(folder, model, state, optimisers)


def evenly(steps: int, parts: int) -> set[int]:
    """The last step of each of so many equal parts of a training."""
    return {round(steps * (i + 1) / parts) for i in range(parts)}


def shown(todo: range, silent: bool, state: Trained, batch: int) -> Iterator[int]:
    """The steps that are left, with a progress bar, and loss and rate after every `READ` steps."""
    hidden = silent or ranks.rank() > 0
    for step in (bar := tqdm(todo, "train", initial=todo.start, total=todo.stop, disable=hidden)):
        yield step
        if state.progress.step % READ == 0:
            rate = bar.format_dict["rate"]
            speed = f"{batch * rate:.0f} samples/s" if rate else "starting"
            bar.set_postfix_str(f"loss {state.read():.4f}, {speed}", refresh=False)


def follow_all(
    state: Trained, model: Model, step: int, ema: float, folder: Path | None, kept: set[int]
) -> None:
    """Take the weights after a step, counted from 0, into all averages."""
    follow(state.average, model, min(ema, (1 + step) / (10 + step)))
    follow_powers(state.powers, model, step + 1, folder, kept)


def made(optimiser: OptimiserName, model: Model, lr: float, weight_decay: float) -> list[Optimizer]:
    """The optimisers of a model's weights; none where it has no weights."""
    make = load_method("optimisers", optimiser) if isinstance(optimiser, str) else optimiser
    found: list[Optimizer] = make(model.net, lr, weight_decay) if list(model.parameters()) else []
    return found


def begin(
    model: Model, optimisers: list[Optimizer], folder: Path | None, powers: bool = False
) -> Trained:
    """The state of a training, from the folder's checkpoint where there is one."""
    keep_memory()
    average, best = (copy.deepcopy(model).eval().requires_grad_(False) for _ in range(2))
    state = Trained(
        average, best, Progress(), powers=power_averages(model, folder) if powers else {}
    )
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
    batch: int,
    clip: float,
    flip: bool,
    step: int,
    share: float,
) -> tuple[Tensor, Tensor]:
    """One step on a batch drawn with replacement, at a share of the rates; returns its loss and the
    norm of its gradient, which are still on the device: the host waits for no step."""
    set_rates(optimisers, share)
    seed_step(seed, step)
    pick = sent(torch.randint(len(fresh["x"]), (batch,)), fresh["x"].device)
    rows = {key: item[pick] for key, item in fresh.items()}
    if flip:
        rows["x"] = mirrored(rows["x"])
    with ranks.spread(model.net):
        value = loss(model, rows).mean()
    value.backward()
    ranks.average(model)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for each in optimisers:
        each.step()
        each.zero_grad()
    return value.detach(), norm.detach()


def mirrored(x: Tensor) -> Tensor:
    """Images (B, C, H, W), each mirrored left to right with probability 1 / 2."""
    chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
    return torch.where(chosen, x.flip(-1), x)


def record(
    state: Trained,
    loss: Loss,
    held: dict[str, Tensor],
    seed: int,
    batch: int,
    watch: Watch | None,
    rate: float,
) -> dict[str, float]:
    """Validate the averaged model, keep it if it is the best yet, and add a row to the curve."""
    progress = state.progress
    state.read()
    state.series = state.clock.joined(progress.recent)
    value = validate(state.average, loss, held, seed, batch)
    recent, norm, _ = (
        (sum(part) / len(part) for part in zip(*progress.recent, strict=True))
        if progress.recent
        else (value, 0.0, 0.0)
    )
    if not (value < float("inf") and recent < float("inf")):
        raise InputError(
            f"training diverged before step {progress.step}: loss {recent}, validation loss "
            f"{value}; a lower lr or clip may help"
        )
    row = {"step": progress.step, "loss": recent, "validation_loss": value, "lr": rate}
    row["grad_norm"] = norm
    if watch and ranks.rank() == 0:
        progress.ranked_by = watch.score
        row |= watch.measure(state.average, progress.step)
    if row.get(progress.ranked_by, inf) < progress.best:
        progress.best, progress.best_step = row[progress.ranked_by], progress.step
        state.best.load_state_dict(state.average.state_dict())
    progress.curve.append(row)
    progress.recent = []
    return row
