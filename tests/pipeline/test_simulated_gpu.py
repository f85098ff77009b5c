"""Every kind of stage runs on a GPU and does not wait for it: on a simulated one, in a process of
its own, because a process has one other device for all of its life."""

import json
import os
import subprocess
import sys

import pytest

from scorefield.core.registry import methods
from tests.helpers.gpu_params import tiny
from tests.helpers.project import ROOT

TABLES = ("instability", "guidance_sweep", "few_steps", "matching", "matching_guides", "paths")
KNOWN = tiny()
MODELS, RUNS = [*KNOWN["models"]], [*KNOWN["runs"], *KNOWN["runs_with_guide"]]
STAGES = [f"train@{name}" for name in MODELS] + [f"sample@{name}" for name in RUNS]
STAGES += [f"{table}@{name}" for table in TABLES for name in KNOWN[table]]
SCORED = ("points-ddim", "images-ddim", "images-ratio-disc", "exact-images", "exact-points")
STAGES += [f"evaluate@{name}" for name in SCORED]
NOT_ON_IT = ("evaluate@points-ddim", "evaluate@exact-points")  # points are scored on the CPU


def found(folder, *which):
    """What tests/helpers/gpu_stages.py found."""
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests/helpers/gpu_stages.py"), *which]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "found.json").read_text())


@pytest.fixture(scope="module")
def on_a_gpu(tmp_path_factory):
    return found(tmp_path_factory.mktemp("gpu"), "all")


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_puts_a_tensor_of_the_cpu_beside_one_of_the_gpu(stage, on_a_gpu):
    assert not on_a_gpu[stage]["error"]
    assert on_a_gpu[stage]["launches"] > 0 or stage in NOT_ON_IT


def test_all_methods_and_stages_are_tried():
    specs = [*KNOWN["models"].values(), *KNOWN["runs"].values(), *KNOWN["runs_with_guide"].values()]
    used = {value for spec in specs for value in spec.values() if isinstance(value, str)}
    elsewhere = {"submitted_samples", "submitted_model", "pretrained", "inception"}  # files
    elsewhere |= {"meanflow"}  # PyTorch crashes in forward derivatives of the simulated tensors
    kinds = ("nets", "objectives", "samplers", "guidance")
    assert {name for kind in kinds for name in methods(kind)} - used == elsewhere


@pytest.mark.parametrize("name", MODELS)
def test_a_training_waits_for_the_gpu_once_in_many_steps(name, on_a_gpu):
    """Once more in five more steps, where it looks at the loss every fifth."""
    assert on_a_gpu[f"train@{name}"]["more"] <= 1


@pytest.mark.parametrize("name", RUNS)
def test_no_step_of_a_sampler_waits_for_the_gpu(name, on_a_gpu):
    """Of points in closed form too, under every guidance."""
    assert on_a_gpu[f"sample@{name}"]["more"] == 0


def test_images_are_trained_drawn_and_scored_without_float64_on_the_device(tmp_path):
    """As on Apple's GPUs; the laws in closed form stay on the CPU."""
    parts = ("@unet", "@dit", "@convnet", "@ratio-dv", "@images-exact", "images-ibg", "images-edm")
    parts += ("dit-cfg", "ratio-disc", "images-ddim", "exact-images", "@mlp")
    for stage, seen in found(tmp_path, "single", *parts).items():
        assert not seen["error"], stage
        on_it = stage.startswith("evaluate@") or not ("exact" in stage or "mlp" in stage)
        assert (seen["launches"] > 0) == on_it, stage
