"""A model from an array, trained here and now; and a model from its folder."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from scorefield.arrays import samples, splits
from scorefield.core.errors import InputError
from scorefield.core.files import WEIGHTS, build, load_model, save_model
from scorefield.core.hardware import device
from scorefield.core.model import Model
from scorefield.core.network import hooks
from scorefield.core.registry import keywords, load_method, methods, with_knobs
from scorefield.lab.signatures import knobs as knobs_of
from scorefield.lab.signatures import section_knobs
from scorefield.lab.training import seed_step, train
from scorefield.lab.untrained import described
from scorefield.lab.validation import key_problems

NETS = {2: "mlp", 4: "unet"}  # by the dimensions of an array: points, images
BATCH = {2: 512, 4: 64}


def fit(
    array: ArrayLike | Tensor,
    net: str | None = None,
    objective: str = "ddpm",
    schedule: str = "cosine",
    *,
    steps: int = 2000,
    seed: int = 0,
    labels: ArrayLike | Tensor | None = None,
    batch: int | None = None,
    lr: float = 0.002,
    validation: float = 0.1,
    progress: bool = True,
    folder: str | Path | None = None,
    **knobs: Any,
) -> Model:
    """A frozen model of points (N, D) or of images (N, C, H, W) or (N, H, W), bytes or floats in
    [-1, 1], trained on a GPU where there is one.

    `net` (mlp for points, unet for images by default), `objective` and `schedule` go by name;
    `knobs` are theirs. `labels` (N,) are the condition of a network that takes them. A share
    `validation`, 2,048 rows at most, is held out. `folder` keeps the averaged weights for `load`.
    Raises InputError for what does not fit, and where the training diverges.
    """
    x = samples(array)
    data = splits(x, labels, validation, seed)
    given = {"steps": steps, "batch": batch or BATCH[x.ndim], "lr": lr} | knobs
    given = ({} if labels is None else {"classes": classes(data)}) | given
    config = configured(net or NETS[x.ndim], objective, schedule, data, given)
    loss = with_knobs(load_method("objectives", objective), given)
    budget = {key: given[key] for key in keywords(train) if key in given}
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(gpus):
        rows = {key: value.to(device()) for key, value in data.items()}
        model = untrained(config, rows, seed)
        *_, (state, _) = train(model, loss, rows, None, seed, not progress, **budget)
    if folder:
        save_model(folder, config, state.average)
    return state.average


def classes(data: dict[str, Tensor]) -> int:
    """How many classes the training data have."""
    return int(data["train_labels"].max()) + 1


def configured(
    net: str, objective: str, schedule: str, data: dict[str, Tensor], given: dict[str, Any]
) -> dict[str, Any]:
    """What the model is built from. Raises InputError for a method or a knob that there is not, for
    a value that a knob cannot have, and for an objective that trains no denoiser."""
    for kind, name in (("nets", net), ("objectives", objective)):
        load_method(kind, name)
    if "predict" not in section_knobs("objectives", objective):
        denoisers = [
            name for name in methods("objectives") if "predict" in section_knobs("objectives", name)
        ]
        raise InputError(
            f"objective: '{objective}' trains no denoiser; expected {' or '.join(denoisers)}"
        )
    wanted = section_knobs("nets", net) | section_knobs("objectives", objective)
    if "train_labels" in data and "classes" not in wanted:
        raise InputError(f"labels: {net} takes none; expected a network that does, such as dit")
    for problem in key_problems("fit", given, wanted, {}):
        raise InputError(problem)
    own = knobs_of(f"nets/{net}.py", net)
    numbers = {key: given.get(key, knob.default) for key, knob in own.items()}
    predict = given.get("predict", wanted["predict"].default)
    return described(net, numbers, objective, predict, schedule, data)


def untrained(config: dict[str, Any], data: dict[str, Tensor], seed: int) -> Model:
    """The model with fresh weights, on the data's device. Raises InputError for a network that does
    not take such data."""
    seed_step(seed, -1)
    net, x = config["net"], data["train"][:2]
    try:
        model = build(config).to(x.device)
        with torch.no_grad():
            out = model(x, 0.5)
    except KeyError as error:
        raise InputError(f"net: {net} needs more than samples ({error})") from None
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise InputError(f"net: {net} takes no samples of shape {[*x.shape[1:]]} ({why})") from None
    if out.shape != x.shape:
        raise InputError(
            f"net: {net} does not put out samples; expected one such as mlp, unet, dit"
        )
    hooks(model.net).begin(data)
    return model


def load(folder: str | Path, precision: str = "") -> Model:
    """A frozen model from a folder such as models/<name>, or that `fit` was given; `precision`, if
    given, is what its matrices are multiplied in: float32, bfloat16, or auto for what is faster.
    Raises InputError where there is none."""
    if Path(folder, "model_index.json").exists():
        raise InputError(f"{folder}: a diffusers pipeline; sf.from_diffusers reads it")
    if not Path(folder, "config.json").exists():
        raise InputError(
            f"{folder}: expected the folder of a model, with config.json and {WEIGHTS}"
        )
    return load_model(folder, precision)
