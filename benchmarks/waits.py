"""How often the host waits for a GPU in a step of training and in one of sampling, counted on a
simulated GPU: no real one is needed, and no time is measured.

Usage: python benchmarks/waits.py; about a minute. Adds to benchmarks/results.json the largest count
over kinds of networks and objectives, and over all samplers and guidances of images. The loss is
looked at every few steps there, so that few steps are enough; what a look costs is spread over as
many steps as lie between two of them in a real training.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from results import keep

from scorefield.experiments.training import READ

ROOT = Path(__file__).parents[1]
PARTS = ("@unet", "@dit", "@mlp", "train@convnet", "train@ratio-dv", "sample@images-", "ratio-disc")
FEW, STEPS = 5, 3  # of training and of sampling, in tests/helpers/gpu_stages.py

if __name__ == "__main__":
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests/helpers/gpu_stages.py"), "all"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, *PARTS], cwd=folder, env=env, check=True, capture_output=True)
        found = json.loads(Path(folder, "found.json").read_text())
    wrong = [name for name, seen in found.items() if seen["error"] and "evaluate" not in name]
    assert not wrong, wrong
    more = {
        kind: max(seen["more"] for name, seen in found.items() if name.startswith(kind))
        for kind in ("train", "sample")
    }
    per_step = {
        "syncs_per_training_step": (more["train"] - 1) / FEW + 1 / READ,
        "syncs_per_sampling_step": more["sample"] / STEPS,
    }
    print(per_step)
    keep(**per_step)
