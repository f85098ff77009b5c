"""Paths between examples at several noise levels. Usage: python stages/trace.py NAME"""

from itertools import product

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core import params
from scorefield.core.errors import InputError
from scorefield.core.files import command, load_data, load_model, save_tensors
from scorefield.core.hardware import device, keep_memory
from scorefield.lab.ends import end
from scorefield.lab.journey import Journey, Level, densities, doubled, measured, travel


def stored(level: Level, found: Journey, nodes: int, data: dict[str, Tensor], spec: dict) -> dict:
    """All that a journey found, as tensors by name."""
    out = {f"motion/{key}": value for key, value in found.motion.told().items()}
    time = found.instantons["goal"].duration
    for key, path in found.paths.items():
        figures = measured(level, path, nodes, time)
        out |= {f"{key}/{name}": value for name, value in figures.items()}
        out |= {f"{key}/path": path, f"{key}/clean": level.clean(path)}
    for ends, best in found.instantons.items():
        out[f"{ends}/instanton/own"] = torch.tensor(best.action)
        out[f"{ends}/instanton/stiffness"] = torch.tensor(best.stiffness)
        for name, seen in best.history.items():
            out[f"{ends}/history/{name}"] = torch.tensor(seen)
    if spec["flow"] > 0:
        out |= densities(level, found, data["train"], spec["flow"], spec["probes"], spec["seed"])
    return out


def main(name: str) -> None:
    keep_memory()
    spec = params.entry("paths", name)
    model, data = load_model(f"models/{spec['model']}").to(device()), load_data(spec["data"])
    if hasattr(model.net, "precision"):
        model.net.precision = "float32"
    denoiser = params.method("guidance", spec["guidance"], spec)(model, model)
    denoiser = doubled(denoiser, model)
    ways = [params.method("paths", way, spec) for way in ("hamiltonian", "instanton")]
    nodes, out = ways[1].keywords["nodes"], {}
    journeys = list(product(spec["levels"], spec["ends"]))
    if any(len(pair) != 2 for pair in spec["ends"]):
        raise InputError(f"paths.{name}.ends: expected pairs of two ends, as [class 3, class 8]")
    for i, (noise, (start, goal)) in enumerate(tqdm(journeys, "trace", unit=" journeys")):
        level, before = Level(denoiser, model.schedule, noise), model.calls
        a, b = (end(which, data).to(device()) for which in (start, goal))
        found = travel(level, a, b, *ways, nodes, spec["relax"], spec["seed"])
        key, calls = f"{noise:g}|{start} > {goal}", model.calls - before
        held = stored(level, found, nodes, data, spec) | {"calls": torch.tensor(calls)}
        out |= {f"{key}|{k}": v.cpu().clone() for k, v in held.items()}
        tqdm.write(f"{i + 1}: {key}, {calls} network calls")
    save_tensors(f"samples/{name}-paths.safetensors", out)


if __name__ == "__main__":
    command(main)
