"""A small params.yaml with every kind of stage, objective, network, guidance and sampler."""

from typing import Any

from scorefield.core.registry import methods

MODEL = {"schedule": "cosine", "seed": 0}
POINTS = {"n": 8, "seed": 1, "data": "points", "model": "mlp", "evaluator": "points-exact"}
IMAGES = {"n": 8, "seed": 1, "data": "images", "model": "unet", "evaluator": "convnet"}
PAIRED = ("disc", "dv", "kliep", "rulsif", "ulsif")
FEW = {"steps": 4, "batch": 8, "lr": 0.01, "validations": 1}
WATCHED = {"every": 2, "samples": 8, "steps": 2}
EDM = {"predict": "edm", "levels": "log_normal"}
EDGY = {"flip": True, "snapshots": 2}  # options of a training
PLAIN_ONLY = ("plain", "mean", "cfg", "autoguidance", "ratio", "submitted_samples", "interval")


def model(data: str, net: str, objective: str, **more: Any) -> dict[str, Any]:
    return {"data": data, "net": net, "objective": objective} | MODEL | more


def models() -> dict[str, Any]:
    found = {
        "mlp": model("points", "mlp", "ddpm", schedule="ddpm"),
        "mlp-dddm": model("points", "mlp", "dddm", dddm={"mse": 0.5, "ramp": 1.0}),
        "mlp-flow": model("points", "mlp", "flow", schedule="linear", watch=WATCHED),
        "points-exact": model("points", "exact", "ddpm", schedule="ddpm"),
        "pairs-exact": model("pairs", "exact", "ddpm"),
        "laws": model("layouts", "mlp_ensemble", "ddpm"),
        "laws-exact": model("layouts", "exact", "ddpm"),
        "unet": model("images", "unet", "ddpm", ddpm={"levels": "logit_normal"}),
        "unet-dddm": model("images", "unet", "dddm", dddm={"mse": 0.5}),
        "dit": model("images", "dit", "ddpm", dit={"classes": 3}, ddpm={"levels": "table"}),
        "dit-dddm": model("images", "dit", "dddm", dddm={"weighting": "sigmoid"}),
        "dit-edm": model("images", "dit", "ddpm", ddpm=EDM, dit=EDGY),
        "images-exact": model("images", "exact", "ddpm"),
        "convnet": model("images", "convnet", "classifier"),
        "ratio-exact": model("images", "ratio_exact", "disc"),
    }
    for objective in PAIRED:
        found[f"pairs-{objective}"] = model("pairs", "ratio_mlp", objective)
        found[f"ratio-{objective}"] = model("images", "ratio_conv", objective)
    same = {"condition": "same_t"}
    found["pairs-joint"] = model("pairs", "ratio_mlp", "disc", ratio_mlp=same)
    found["ratio-joint"] = model("images", "ratio_conv", "disc", ratio_conv=same)
    return found


def runs() -> dict[str, Any]:
    """Every sampler without guidance, and every guidance, by one model of points and of images."""
    found: dict[str, Any] = {}
    for kind, base in (("points", POINTS), ("images", IMAGES)):
        for sampler in methods("samplers"):
            found[f"{kind}-{sampler}"] = base | {"guidance": "plain", "sampler": sampler}
        for guidance in methods("guidance"):
            if guidance not in PLAIN_ONLY:
                found[f"{kind}-{guidance}"] = base | {"guidance": guidance, "sampler": "ancestral"}
    images = IMAGES | {"sampler": "ddim"}
    for name, guidance in (("unet-dddm", "plain"), ("dit-dddm", "mean"), ("dit", "cfg")):
        found[f"{name}-{guidance}"] = images | {"model": name, "guidance": guidance}
    found["dit-interval"] = images | {"model": "dit", "guidance": "interval", "sampler": "heun"}
    found["exact-images"] = images | {"model": "images-exact", "guidance": "plain"}
    found["exact-points"] = POINTS | {
        "model": "points-exact",
        "guidance": "plain",
        "sampler": "ddim",
    }
    found["dit-edm"] = IMAGES | {"model": "dit-edm", "guidance": "plain", "sampler": "ddim"}
    found["points-dddm"] = POINTS | {"model": "mlp-dddm", "guidance": "plain", "sampler": "ddim"}
    return found


def guided_runs() -> dict[str, Any]:
    found = {"images-autoguidance": IMAGES | {"guidance": "autoguidance", "guide": "unet"}}
    for guide in ("ratio-disc", "ratio-joint", "ratio-exact"):
        found[f"images-{guide}"] = IMAGES | {"guidance": "ratio", "guide": guide}
    return {name: spec | {"sampler": "ancestral"} for name, spec in found.items()}


def studies() -> dict[str, Any]:
    """The studies of scores and samples, and those of pairs and paths."""
    few = {"n": 6, "seed": 0}
    probes = {name: {"probes": 2} for name in methods("instability")}
    sweep = few | {"sampler": "ancestral", "steps": 3, "chunk": 6, "scales": [0.5]}
    sweep["variants"] = ["ibg", "reversed", "random", "mue", "sgms", "boost", "temperature"]
    layouts = {"data": "layouts", "model": "laws", "control": "laws-exact", "withheld": "laws"}
    images = {"data": "images", "model": "dit", "control": "images-exact", "withheld": "dit"}
    scored = {"layouts": layouts | {"evaluator": "laws-exact"}, "images": images}
    drawn = {"steps": {"ddim": [1, 2], "heun": [1]}, "seeds": [0], "n": 8}
    points = {"data": "points", "model": "mlp-dddm", "baseline": "mlp", "evaluator": "points-exact"}
    return {
        "instability": {k: v | {"levels": [1.0]} | few | probes for k, v in scored.items()},
        "guidance_sweep": {k: v | sweep for k, v in scored.items()},
        "few_steps": {
            "points": points | drawn,
            "images": IMAGES | drawn | {"model": "unet-dddm", "baseline": "unet"},
        },
        **of_pairs(few | {"sampler": "ancestral", "steps": 2}),
        "paths": paths(),
    }


def of_pairs(drawn: dict[str, Any]) -> dict[str, Any]:
    match, guide = drawn | {"scale": 1.0}, drawn | {"scales": [1.0], "study": "pairs"}
    halves = {"model": "pairs-exact", "partner": "pairs-exact", "evaluator": "pairs-exact"}
    nets = {"model": "unet", "partner": "unet", "evaluator": "convnet"}
    points = {"data": "pairs", "guide": "pairs-disc", "joint": "pairs-joint"}
    images = {"data": "images", "guide": "ratio-disc", "joint": "ratio-joint"}
    return {
        "matching": {"pairs": match | halves | points, "images": match | nets | images},
        "matching_guides": {
            "pairs": guide | {"data": "pairs", "model": "pairs-exact", "guide": "pairs-dv"},
            "images": guide | {"data": "images", "model": "unet", "guide": "ratio-joint"},
            "labels": guide | {"data": "images", "model": "unet", "guide": "dit"},
        },
    }


def paths() -> dict[str, Any]:
    path: dict[str, Any] = {"guidance": "plain", "levels": [1.0], "relax": 1, "flow": 2}
    path |= {"probes": 1, "seed": 0, "endpoints": [["class 1", "class 0"]]}
    images = path | {"data": "images", "evaluator": "convnet"}
    return {
        "points": path | {"data": "points", "model": "mlp", "evaluator": "points-exact"},
        "images": images | {"model": "dit"},
        "exact": images | {"model": "images-exact"},
    }


def sections() -> dict[str, Any]:
    precise = {"precision": "float32"}
    return {
        "mlp": FEW | {"width": 8, "depth": 2},
        "mlp_ensemble": FEW | {"width": 8, "depth": 2, "optimiser": "muon"},
        "unet": FEW | precise | {"small": [8, 16], "attention": True, "optimiser": "muon"},
        "dit": FEW | precise | {"width": 16, "depth": 1, "heads": 2, "patch": 4, "stem": 4},
        "ratio_mlp": FEW | {"width": 8, "depth": 2},
        "ratio_conv": FEW | {"width": 8, "features": 8, "batch": 16},
        "convnet": FEW | {"width": 8, "features": 8, "classes": 3},
        "exact": FEW | {"steps": 0},
        "ratio_exact": FEW | {"steps": 0},
        "sampling": {"chunk": 8},
        "images": {"resamples": 3},
        "points": {},
        "ratio": {"scale": 5.0, "low": 0.0, "high": 50.0, "bound": 1.0},
        "hamiltonian": {"duration": 0.3},
        "instanton": {"nodes": 6, "duration": 4.0, "iterations": 2, "levels": 1},
        "string": {"iterations": 2},
        **{sampler: {"steps": 3} for sampler in methods("samplers")},
    }


def tiny() -> dict[str, Any]:
    tables = {"models": models(), "runs": runs(), "runs_with_guide": guided_runs()}
    return tables | studies() | sections()
