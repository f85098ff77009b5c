"""Three newcomers' entries in this folder, from its templates. For the smoke run."""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file

from scorefield.pipeline.files import load_tensors


def main() -> None:
    Path("entries/mine/nets").mkdir(parents=True)
    for source, target in (("params.yaml", "params.yaml"), ("nets/network.py", "nets/mine.py")):
        text = re.sub(r"\bnetwork\b(?=[:(\n])", "mine", Path("entries/network", source).read_text())
        small = text.replace("n: 5000", "n: 128").replace("steps: 1000", "steps: 20")
        Path("entries/mine", target).write_text(small)
    file = Path("entries/template/params.yaml")
    file.write_text(file.read_text().replace("n: 5000", "n: 128"))
    drawn = load_tensors("samples/digits-ddim.safetensors")["samples"].clamp(-1, 1)
    many = drawn.repeat(5000 // len(drawn) + 1, 1, 1, 1)[:5000]
    noise = torch.randn(many.shape, generator=torch.Generator().manual_seed(0))
    Path("entries/theirs").mkdir()
    save_file({"samples": (many + 0.1 * noise).clamp(-1, 1)}, "entries/theirs/samples.safetensors")


if __name__ == "__main__":
    main()
