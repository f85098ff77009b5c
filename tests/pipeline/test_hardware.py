"""Settings of the machine, each in a process of its own, and what depends on the device."""

import json
import platform
import subprocess
import sys

import pytest
import torch

from scorefield.nets._pool import Pool, window_means
from scorefield.pipeline.files import load_model
from tests.helpers.project import ROOT


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_a_loop_over_large_tensors_soon_fetches_no_more_memory_from_the_system():
    loop = """
import resource, sys, torch
from scorefield.core.hardware import keep_memory
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
if sys.argv[1] == "kept": keep_memory()
for i in range(30):
    if i == 20: start = faults()
    for n in range(20, 25): torch.ones(2**n) + 1
print(faults() - start)
"""
    run = lambda how: subprocess.check_output([sys.executable, "-c", loop, how], text=True)
    assert int(run("kept")) < int(run("plain")) / 20


def settings(set_up: str) -> dict:
    """What PyTorch is told, in a process that runs `set_up`."""
    script = f"""
import json, os, torch, warnings
from scorefield.core import hardware
warnings.simplefilter("ignore")
{set_up}
cuda = torch.device("cuda")
print(json.dumps({{
    "deterministic": torch.are_deterministic_algorithms_enabled(),
    "only_warned": torch.is_deterministic_algorithms_warn_only_enabled(),
    "tf32": torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32,
    "benchmark": torch.backends.cudnn.benchmark,
    "workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    "training": [each.name for each in hardware.attention(cuda)],
    "devices": [hardware.device(single).type for single in (False, True)],
}}))
"""
    return json.loads(subprocess.check_output([sys.executable, "-c", script], text=True))


def test_cuda_is_told_to_repeat_its_bytes_and_to_keep_float32():
    """Flash attention is allowed in training where PyTorch takes its backward that repeats."""
    told = settings("hardware.reproducible()")
    assert told["deterministic"] and not told["only_warned"]
    assert not told["tf32"] and not told["benchmark"]
    assert told["workspace"] == ":4096:8"
    assert told["training"] == ["FLASH_ATTENTION", "MATH"]
    assert settings("")["training"] == ["MATH"]


def test_apples_gpu_is_taken_for_work_in_float32_alone():
    found = settings(
        "torch.cuda.is_available = lambda: False; torch.backends.mps.is_available = lambda: True"
    )
    assert found["devices"] == ["cpu", "mps"]


@pytest.mark.parametrize("name", ["mnist-classifier", "mnist-ratio-disc"])
def test_shipped_networks_give_the_same_by_the_pooling_of_gpus(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    model, x = load_model(f"zoo/{name}"), torch.rand(32, 1, 28, 28) * 2 - 1
    t = torch.rand(32)

    def out() -> torch.Tensor:
        return model.net(x, t, x.flip(2), 0 * t) if "ratio" in name else model.net.features(x)

    usual = out()
    monkeypatch.setattr(Pool, "forward", lambda self, x: window_means(x, self.side))
    torch.testing.assert_close(out(), usual, rtol=1e-5, atol=1e-5)
