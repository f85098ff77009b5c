"""Work that one process and several must agree on. Usage: torchrun tests/helpers/shared.py FOLDER"""

import sys
from functools import partial
from pathlib import Path

import torch

from scorefield.core.denoiser import Counter, counted
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.registry import methods
from scorefield.core.schedule import cosine, linear
from scorefield.experiments.instability import instability_scores, settings_of
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.experiments.training import seed_step, train
from scorefield.metrics.distances import neighbour_distance
from scorefield.metrics.evaluators import evaluator_of
from scorefield.metrics.memorisation import copied
from scorefield.nets.convnet import convnet
from scorefield.nets.dit import dit
from scorefield.nets.mlp import MLP
from scorefield.nets.mlp_ensemble import MLPEnsemble
from scorefield.nets.ratio_mlp import ratio_mlp
from scorefield.objectives.dddm import dddm
from scorefield.objectives.ddpm import ddpm
from scorefield.objectives.dv import dv
from scorefield.objectives.meanflow import meanflow
from scorefield.objectives.rulsif import rulsif
from scorefield.pipeline import ranks
from scorefield.pipeline.files import build, save_tensors
from scorefield.samplers.ancestral import ancestral

UNET = {
    "size": "small", "small": [16, 32], "classic": [16], "layers": 1,
    "attention": False, "fold": 2, "precision": "float32",
}  # fmt: skip
DIT = {
    "width": 16, "depth": 1, "heads": 2, "patch": 4, "overlap": 0, "classes": 3,
    "precision": "float32",
}  # fmt: skip
DDDM = {"m": 3, "ramp": 1.0, "mse": 0.5}
RATIO = {"width": 16, "depth": 2}
KNOBS = {name: {"probes": 2} for name in methods("instability")} | {"eigenvalue": {"iterations": 2}}


def unet() -> Model:
    given = {"net": "unet", "numbers": UNET, "shapes": {"train": [1, 1, 28, 28]}}
    return build(given | {"schedule": "cosine", "predict": "v"}).eval().requires_grad_(False)


def pairs(pairing: str, condition: str) -> Model:
    shapes = {"train": [1, 2], "train_pair": [1, 2]}
    net = ratio_mlp(shapes, cosine(), **RATIO, pairing=pairing, condition=condition)
    return Model(net, cosine(), "x0", [2])


def vectors() -> dict:
    """name -> (model, loss, shape of the data), each row of another kind of objective."""
    return {
        "ddpm": (Model(MLP(2, 16, 2), cosine(), "v", [2]), ddpm, [2]),
        "side by side": (Model(MLPEnsemble(3, 2, 8, 1), cosine(), "v", [3, 2]), ddpm, [3, 2]),
        "dddm": (Model(MLP(2, 16, 2, extra=2), cosine(), "v", [2], True), partial(dddm, **DDDM), [2]),
        "meanflow": (Model(MLP(2, 16, 2, jumps=True), linear(), "flow", [2]), meanflow, [2]),
        "dv": (pairs("instance", "clean"), partial(dv, decay=0.9), [2]),
        "rulsif": (pairs("class", "same_t"), rulsif, [2]),
    }  # fmt: skip


def images() -> dict:
    """The same of networks of images, which compute in float32."""
    labelled = dit({"train": [1, 1, 8, 8]}, cosine(), **DIT)
    return {
        "unet": (unet().train().requires_grad_(True), ddpm, [1, 28, 28]),
        "labelled": (Model(labelled, cosine(), "v", [1, 8, 8]), ddpm, [1, 8, 8]),
    }


def trained(folder: Path, cases: dict) -> dict[str, torch.Tensor]:
    """Losses and weights after ten steps with batches of 33."""
    found = {}
    for name, (model, loss, shape) in cases.items():
        splits, kinds = ("train", "validation"), ("", "_pair")
        data = {f"{split}{kind}": torch.randn(66, *shape) for split in splits for kind in kinds}
        data |= {f"{split}_labels": torch.arange(66) % 3 for split in splits}
        given = {"steps": 10, "batch": 33, "lr": 1e-2, "warmup": 0, "validations": 1}
        *_, (state, row) = train(model, loss, data, folder / name, 0, **given)
        found[f"{name}/loss"] = torch.tensor([row["loss"], row["validation_loss"]])
        found |= {f"{name}/{key}": value for key, value in state.average.state_dict().items()}
    return found


def drawn(folder: Path) -> dict[str, torch.Tensor]:
    """Samples, scores of maps, features and their neighbours: what is the same to the byte."""
    model, counter = unet(), Counter()
    denoiser, device = counted(model, counter), torch.device("cpu")
    plan = Plan(denoiser, ancestral, model.shape, 3, 0, device, counter)
    samples = sample_chunks(plan, 40, folder, chunk=16)
    found = samples.tensors() if samples else {}
    settings = settings_of({"levels": [0.5, 1.0], "seed": 0} | KNOBS)
    x = streams(1, range(450))(torch.empty(450, 1, 28, 28))
    measured = instability_scores([model, model], x[:12], settings, folder, chunk=5)
    found |= measured.scores | {"mean": measured.mean} if measured else {}
    net = convnet({"train": [1, 1, 28, 28]}, cosine(), width=8, features=8, classes=10)
    evaluator = evaluator_of(Model(net, cosine(), "x0", [1, 28, 28]).eval())
    seen = evaluator.features(x)
    found |= {
        "features": seen,
        "classes": evaluator.classes(x),
        "reach": neighbour_distance(seen, 3),
    }
    return found | {"copied": copied(x.flatten(1), x.flatten(1)[:30])}


def main(folder: str) -> None:
    with ranks.joined():
        seed_step(0, 0)
        torch.set_default_dtype(torch.float64)
        found = trained(Path(folder), vectors())
        torch.set_default_dtype(torch.float32)
        found |= trained(Path(folder), images()) | drawn(Path(folder))
        if ranks.rank() == 0:
            save_tensors(Path(folder) / "found.safetensors", found)


if __name__ == "__main__":
    main(sys.argv[1])
