"""Settings of the machine, each in a process of its own."""

import platform
import subprocess
import sys

import pytest


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
