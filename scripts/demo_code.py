"""The computations of `make demo`: the body of each function is the code that the page shows.

Each function writes its pictures to `folder` and returns the figures that it measured.
"""

import pandas
import torch

import scorefield as sf
from scorefield.plots.grid import grid
from scorefield.plots.guided_points import guided_points
from scorefield.plots.lines import lines
from scorefield.plots.matched import Row, matched
from scorefield.plots.strips import strips

Figures = dict[str, float]


def samples(folder: str, n: int = 64) -> Figures:
    """Digits of both models, and how many of them the classifier is certain of."""
    evaluator = sf.metrics.evaluator_of(sf.load("zoo/mnist-classifier"))
    found = {}
    for name, steps in (("mnist-unet", 25), ("mnist-unet-dddm", 4)):
        images = sf.sample(sf.load(f"zoo/{name}"), n, "ddim", steps, seed=0)
        certainty = evaluator.read(images).probabilities.amax(1)
        found[name] = (certainty > 0.9).sum().item()
        grid(images, f"{folder}/{name}.png", columns=16)
    return found


def ibg_points(folder: str, n: int = 1000) -> Figures:
    """Points of a grid of modes without and with IBG, and their shares in the rare mode."""
    law = sf.Mixture.grid(5, std=0.15, rare=0.01)
    exact = law.denoiser()
    plain = sf.sample(exact, n, "ancestral", 60, seed=1)
    guided = sf.sample(sf.guidance.ibg(exact), n, "ancestral", 60, seed=1)
    panels, found = {"without guidance": plain, "with IBG": guided}, {}
    for title, x in panels.items():
        distance, mode = torch.cdist(x.double(), law.mean).min(1)
        inside = distance < 3 * 0.15
        found[f"rare {title}"] = (inside & (mode == 0)).double().mean().item()
        found[f"outside {title}"] = (~inside).double().mean().item()
    guided_points(panels, law, f"{folder}/points.png")
    return found


def ibg_digits(folder: str, n: int = 16, scale: float = 0.03) -> Figures:
    """Digits without and with IBG, and how many of them are read as another digit."""
    model = sf.load("zoo/mnist-unet")
    plain = sf.sample(model, n, "ddim", 20, seed=1)
    guided = sf.sample(sf.guidance.ibg(model, scale=scale, probes=1), n, "ddim", 20, seed=1)
    evaluator = sf.metrics.evaluator_of(sf.load("zoo/mnist-classifier"))
    before, after = evaluator.classes(plain), evaluator.classes(guided)
    rows = [Row("without guidance", plain, before), Row("with IBG", guided, after)]
    matched({"each column from the same noise": rows}, f"{folder}/digits.png")
    found = {"changed": (before != after).sum().item()}
    return found


def ratio(folder: str, n: int = 20, scale: float = 5.0) -> Figures:
    """Digits without and with the exact ratio, and how many are the digit of the given image."""
    data = sf.data.mnist(pair=1)
    y, expected = data["test_pair"][:n] / 127.5 - 1, data["test_labels"][:n]
    model = sf.load("zoo/mnist-unet")
    guidance = sf.guidance.ratio(model, sf.exact_ratio(data), scale=scale)
    plain = sf.sample(model, n, "ancestral", 20, seed=1)
    guided = sf.sample(guidance, n, "ancestral", 20, seed=1, condition=y)
    evaluator = sf.metrics.evaluator_of(sf.load("zoo/mnist-classifier"))
    rows, found = [Row("image to match", y)], {}
    for label, images in (("without guidance", plain), ("with the ratio", guided)):
        classes = evaluator.classes(images)
        rows.append(Row(label, images, classes, classes == expected))
        found[label] = (classes == expected).sum().item()
    matched({"each column from the same noise": rows}, f"{folder}/ratio.png")
    return found


def path(folder: str, noise: float = 1.0, nodes: int = 24, iterations: int = 20) -> Figures:
    """An instanton from a 3 to an 8 and the straight line, and their actions."""
    data = sf.data.mnist()
    images, labels = data["test"] / 127.5 - 1, data["test_labels"]
    start, goal = images[labels == 3][0], images[labels == 8][0]
    model = sf.load("zoo/mnist-unet", precision="float32")
    knobs = {"nodes": nodes, "iterations": iterations, "doublings": 0}
    instanton = sf.paths.instanton(model, start, goal, noise, **knobs)
    t = sf.time_at(model.schedule, noise).float()
    straight = start + torch.linspace(0, 1, nodes + 1).view(-1, 1, 1, 1) * (goal - start)
    with torch.no_grad():
        line = model(model.schedule.alpha(t) * straight, t)
    panel = {"straight line": line, "instanton": instanton.clean}
    strips({f"denoised at noise level {noise:g}": panel}, f"{folder}/path.png")
    found = {"line": instanton.history["line"][0], "instanton": instanton.action}
    return found


def few_steps(folder: str, n: int = 200, most: int = 8) -> Figures:
    """The FID of both models at 1, 2, 4, ... steps, and that of real images."""
    evaluator = sf.metrics.evaluator_of(sf.load("zoo/mnist-classifier"))
    data, rows = sf.data.mnist(), []
    real = evaluator.features(data["test"])
    for name, method in (("mnist-unet", "ddpm"), ("mnist-unet-dddm", "dddm")):
        model, steps = sf.load(f"zoo/{name}"), 1
        while steps <= most:
            fake = evaluator.features(sf.sample(model, n, "ddim", steps, seed=1))
            fid, half = sf.metrics.fid(fake, real), 1.96 * sf.metrics.bootstrap(fake, real)
            rows.append((name, method, "ddim", steps, fid, fid - half, fid + half))
            steps *= 2
    floor = sf.metrics.fid(evaluator.features(data["train"][:n]), real)
    columns = ["name", "method", "sampler", "nfe", "fid", "low", "high"]
    lines(pandas.DataFrame(rows, columns=columns), "fid", floor, n, f"{folder}/few-steps.png")
    found = {"floor": floor} | {f"{name} {steps}": fid for name, _, _, steps, fid, *_ in rows}
    return found
