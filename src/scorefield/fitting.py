"""Training of a model on an array, models of a dataset in closed form, and loading of a model from
a folder."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from scorefield.arrays import samples, splits
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import Model, put
from scorefield.core.network import hooks
from scorefield.core.registry import SOURCE, keywords, load_method, methods, near, with_knobs
from scorefield.experiments.models import described
from scorefield.experiments.training import seed_step, train
from scorefield.pipeline.files import WEIGHTS, build, load_model, save_model
from scorefield.pipeline.params import ZOO
from scorefield.pipeline.signatures import knobs as knobs_of
from scorefield.pipeline.signatures import section_knobs
from scorefield.pipeline.validation import key_problems

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
    optimiser: str = "muon",
    lr: float = 0.02,
    validation: float = 0.1,
    progress: bool = True,
    folder: str | Path | None = None,
    **knobs: Any,
) -> Model:
    """A frozen model of points (N, D) or of images (N, C, H, W) or (N, H, W), bytes or floats in
    [-1, 1], trained on a GPU where there is one. `net` (by default mlp for points, unet for
    images), `objective`, `schedule` and `optimiser` are names; `knobs` are theirs and those of the
    training. `labels` (N,) are the condition of a network that takes them. The share `validation`,
    at most 2,048 rows, is held out. The averaged weights are saved to `folder`. Raises InputError
    for what does not fit, and on divergence.
    """
    x = samples(array)
    data = splits(x, labels, validation, seed)
    values: dict[str, Any] = {} if labels is None else {"classes": classes(data)}
    values |= {"steps": steps, "batch": batch or BATCH[x.ndim], "optimiser": optimiser, "lr": lr}
    values |= knobs
    config = configured(net or NETS[x.ndim], objective, schedule, data, values)
    loss = with_knobs(load_method("objectives", objective), values)
    budget = {key: values[key] for key in keywords(train) if key in values}
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(gpus):
        rows = {key: value.to(device(single=x.ndim == 4)) for key, value in data.items()}
        model = untrained_model(config, rows, seed)
        *_, (state, _) = train(model, loss, rows, None, seed, not progress, **budget)
    if folder:
        save_model(folder, config, state.average)
    return state.average


def classes(data: dict[str, Tensor]) -> int:
    """The number of classes of the training data."""
    return int(data["train_labels"].max()) + 1


def configured(
    net: str, objective: str, schedule: str, data: dict[str, Tensor], values: dict[str, Any]
) -> dict[str, Any]:
    """The configuration of the model. Raises InputError for an unknown method or knob, for a value
    that a knob cannot have, and for an objective that does not train a denoiser."""
    for kind, name in (("nets", net), ("objectives", objective)):
        load_method(kind, name)
    if "predict" not in section_knobs("objectives", objective):
        denoisers = [
            name for name in methods("objectives") if "predict" in section_knobs("objectives", name)
        ]
        raise InputError(
            f"objective: '{objective}' does not train a denoiser; expected {' or '.join(denoisers)}"
        )
    wanted = section_knobs("nets", net) | section_knobs("objectives", objective)
    if "train_labels" in data and "classes" not in wanted:
        raise InputError(f"labels: {net} takes none; expected a network with labels, such as dit")
    for problem in key_problems("fit", values, wanted, {}):
        raise InputError(problem)
    own = knobs_of(f"nets/{net}.py", net)
    numbers = {key: values.get(key, knob.default) for key, knob in own.items()}
    predict = values.get("predict", wanted["predict"].default)
    return described(net, numbers, objective, predict, schedule, data)


def untrained_model(config: dict[str, Any], data: dict[str, Tensor], seed: int) -> Model:
    """The model with random weights, on the device of the data. Raises InputError for a network
    that does not take such data."""
    seed_step(seed, -1)
    net, x = config["net"], data["train"][:2]
    try:
        model = put(build(config), x.device)
        with torch.no_grad():
            out = model(x, 0.5)
    except KeyError as error:
        raise InputError(f"net: {net} needs other data than samples ({error})") from None
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise InputError(f"net: {net} takes no samples of shape {[*x.shape[1:]]} ({why})") from None
    if out.shape != x.shape:
        raise InputError(
            f"net: {net} does not return samples; expected a network such as mlp, unet or dit"
        )
    hooks(model.net).begin(data)
    return model


def exact(data: dict[str, Tensor], schedule: str = "cosine", **knobs: Any) -> Model:
    """The denoiser of a dataset in closed form, without training: of the mixture that points come
    from, (B, D), or of the training images, (B, C, H, W), each smoothed by a Gaussian of std
    `width`. `data` is one of `scorefield.data`. Raises InputError for data without a mixture or
    training images, and for unknown knobs."""
    return closed_form("exact", "ddpm", data, schedule, knobs)


def exact_ratio(data: dict[str, Tensor], schedule: str = "cosine", **knobs: Any) -> Model:
    """The log ratio (B,) of pairs of images (B, C, H, W) in closed form, a guide of
    `guidance.ratio`, without training. `data` is a dataset with pairs, such as
    `data.mnist(pair=1)`; `knobs` are width, pairing and condition. Raises InputError for data
    without pairs, and for unknown knobs."""
    return closed_form("ratio_exact", "disc", data, schedule, knobs)


def closed_form(
    net: str, objective: str, data: dict[str, Tensor], schedule: str, values: dict[str, Any]
) -> Model:
    """The model of a network that takes its law from the data, on the CPU; `objective` is one that
    could train such a network."""
    own = knobs_of(f"nets/{net}.py", net)
    for problem in key_problems(net, values, own, {}, whole=False):
        raise InputError(problem)
    numbers = {key: values.get(key, knob.default) for key, knob in own.items()}
    try:
        model = build(described(net, numbers, objective, "x0", schedule, data))
    except KeyError as error:
        raise InputError(f"{net}: needs other data ({error})") from None
    hooks(model.net).begin(data)
    return model.eval().requires_grad_(False)


def load(folder: str | Path, precision: str = "") -> Model:
    """A frozen model from a folder: zoo/<name> for one that comes with the project, models/<name>,
    or the `folder` of `fit`. A folder zoo/<name> is found from everywhere. `precision`, if
    not empty, is the number format of matrix products: float32, bfloat16, or auto for the faster
    one. Raises InputError where there is no model."""
    if not Path(folder).exists() and Path(folder).parent == ZOO:
        folder = shipped(Path(folder).name)
    if Path(folder, "model_index.json").exists():
        raise InputError(f"{folder}: a diffusers pipeline; use sf.from_diffusers")
    if not Path(folder, "config.json").exists():
        raise InputError(
            f"{folder}: expected the folder of a model, with config.json and {WEIGHTS}"
        )
    return load_model(folder, precision)


def shipped(name: str) -> Path:
    """The folder of a model that comes with the project. Raises InputError where there is none."""
    place = SOURCE.parents[1] / ZOO
    known = sorted(path.name for path in place.glob("*/"))
    if not known:
        raise InputError(f"zoo/{name}: not found; the models are in the project's repository")
    if name not in known:
        raise InputError(f"zoo/{name}: no such model; {near(name, known)}")
    return place / name
