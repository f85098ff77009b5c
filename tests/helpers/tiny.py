"""Cut the budgets of params.yaml in this folder, for smoke runs. Usage: python tests/helpers/tiny.py"""

from pathlib import Path

from ruamel.yaml import YAML

TRAINING = {"mlp": 300, "mlp_ensemble": 20, "unet": 8, "dit": 8}
TRAINING |= {"convnet": 40, "ratio_mlp": 40, "ratio_conv": 8}
SAMPLING = {"ddim": 4, "ancestral": 6, "heun": 3}


def cut(params: dict) -> None:
    for name, steps in (TRAINING | SAMPLING).items():
        params[name]["steps"] = steps
    for net in ("unet", "dit"):
        params[net]["batch"] = 16
    for model in params["models"].values():
        for section in ("mlp", "unet", "dit"):
            if "steps" in model.get(section, {}):
                model[section]["steps"] = TRAINING[section]
    for name in ("bimodal", "modes", "moons", "checkerboard", "pairs"):
        params[name] |= {"train": 1024, "validation": 256, "test": 256}
    for table in ("runs", "runs_with_guide"):
        for run in params[table].values():
            run["n"] = 128
            run.pop(run["sampler"], None)
    for curve in params["few_steps"].values():
        curve |= {"n": 64, "steps": {name: [1, 2] for name in curve["steps"]}, "seeds": [0]}
    for table in params["instability"].values():
        table |= {"n": 60, "levels": [0.5, 1.0]}
    for match in params["matching"].values():
        match |= {"n": 64, "steps": 4}
    for guided in params["matching_guides"].values():
        guided |= {"n": 64, "steps": 4, "scales": [1.0]}
    for path in params["paths"].values():
        path |= {"levels": [1.0], "flow": 2}
        for search in ("instanton", "string"):
            path.pop(search, None)
    params["string"]["iterations"] = 3
    params["instanton"] |= {"nodes": 6, "iterations": 3, "doublings": 1}
    for sweep in params["guidance_sweep"].values():
        sweep |= {"n": 16, "steps": 4, "chunk": 16, "scales": [0.5]}
    params["generality"] |= {"laws": 1, "n": 16, "steps": 4}
    params["layouts"] |= {"random": 2, "train": 1024, "validation": 64, "test": 64}
    params["images"] |= {"resamples": 5}


if __name__ == "__main__":
    yaml, path = YAML(), Path("params.yaml")
    params = yaml.load(path)
    cut(params)
    yaml.dump(params, path)
