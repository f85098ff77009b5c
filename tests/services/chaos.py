"""Kill the pipeline at random moments, from an empty clone, and compare what it makes in the end with
what it makes undisturbed; and hold every wrong input of the tests against validation.

Usage: python -m tests.services.chaos [--kills 300] [--seconds 14400] [--seed 0] [--keep]
"""

import argparse
import ctypes
import math
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from ruamel.yaml import YAML

from scorefield.core.errors import InputError
from scorefield.pipeline.catalogue import TABLES, mark
from scorefield.pipeline.files import load_json, save_json
from scorefield.pipeline.value_types import Entry
from tests.helpers.params import broken
from tests.helpers.project import commit, copied, edit, nothing_runs, run, started
from tests.helpers.tiny import cut
from tests.pipeline import test_wrong_params
from tests.pipeline.test_params_search import NUMERIC

RESULTS = Path("benchmarks/faults.json")
MADE = ("data", "models", "samples", "metrics", "plots")  # the folders of results
LONGEST = 60  # seconds that validation may take
DYING = 10  # seconds that a killed process may take to end
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
LEFT_OUT = ("report", "claims")  # they name entries of the whole project
COMMANDS = (("dvc", "repro"), ("python", "-m", "scripts.repro"))
HALF = "Unable to read RWLock-file"  # DVC's own, half written; see scripts/mend.py
KEPT = {  # one entry for each kind of stage, and what these need
    "runs": "bimodal-ddim", "few_steps": "bimodal", "instability": "layouts", "matching": "pairs",
    "matching_guides": "pairs-disc", "paths": "missing", "guidance_sweep": "layouts",
}  # fmt: skip
GUIDED = {
    "data": "pairs",
    "model": "pairs-exact",
    "guide": "pairs-ratio-disc",
    "evaluator": "pairs-exact",
}
GUIDED |= {"guidance": "ratio", "sampler": "ancestral", "n": 128, "seed": 1}


def shorten(params: dict[str, Any]) -> None:
    """Keep one entry for each kind of stage, with trainings of some seconds."""
    params["runs_with_guide"] = {"guided": GUIDED}
    wanted = set(KEPT.items()) | {("runs_with_guide", "guided")}
    new = wanted
    while new:
        found = {
            (kind.table, str(params[table][name][key]))
            for table, name in new
            for key, field in TABLES[table].items()
            if isinstance(kind := mark(field), Entry)
        }
        new, wanted = found - wanted, wanted | found
    for table in TABLES:
        params[table] = {k: v for k, v in params[table].items() if (table, k) in wanted}
    params["contest"] = {"data": "bimodal", "evaluator": "bimodal-exact"}
    params["summary"] = {"mmd2": ["runs/bimodal-ddim", "mmd2"]}
    params["sampling"]["chunk"] = 64
    cut(params)
    params["mlp"]["steps"], params["mlp_ensemble"]["steps"] = 1500, 200


def clone(place: Path) -> Path:
    """The short pipeline with nothing computed."""
    project, yaml = copied(place), YAML()
    for folder in ("metrics", "plots"):
        run(project, "rm", "-rf", folder)
    stages = yaml.load(project / "dvc.yaml")["stages"]
    kept = {name: stage for name, stage in stages.items() if name not in LEFT_OUT}
    yaml.dump({"stages": kept}, project / "dvc.yaml")
    edit(project, shorten)
    commit(project)
    return project


def results(project: Path) -> dict[str, str]:
    """The hash of every result by its path."""
    files = [file for name in MADE for file in (project / name).rglob("*") if file.is_file()]
    return {str(f.relative_to(project)): sha256(f.read_bytes()).hexdigest() for f in files}


def adopt() -> None:
    """Become the parent of orphans. A container without init leaves them as zombies, and DVC takes
    the lock of a zombie for that of a running process."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def reap() -> None:
    """Wait until all children of this process have ended."""
    end = time.monotonic() + DYING
    with suppress(ChildProcessError):  # there are none
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)


def kill(project: Path, command: tuple[str, ...], delay: float) -> tuple[bool, str]:
    """Start a command and kill it and all that it started after a while; whether it was killed, and
    what it said."""
    with started(project, *command) as process:
        end = time.monotonic() + delay
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        killed = process.poll() is None
        if killed:
            os.killpg(process.pid, signal.SIGKILL)
            for pid in strays(project):
                os.kill(pid, signal.SIGKILL)
        said, _ = process.communicate()
    if killed:
        reap()
    if not killed and process.returncode and (command != COMMANDS[0] or HALF not in said):
        raise AssertionError(f"failed without a kill: {said[-2000:]}")
    return killed, said


def strays(project: Path) -> list[int]:
    """Processes that work in a project and are in groups of their own: stages of scripts.repro."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if (each / "cwd").resolve() == project.resolve():
                found.append(int(each.name))
        except OSError:
            continue
    return found


def stage_of(said: str) -> str:
    """The kind of the last stage that was begun."""
    names = re.findall(r"Running stage '([a-z_]+)|^stage \d+ of .*?: ([a-z_]+)", said, re.M)
    return next((a or b for a, b in reversed(names)), "before the first")


def cycle(
    place: Path, wanted: dict[str, str], chance: random.Random, kills: int, deadline: float
) -> tuple[Counter[str], Exception | None]:
    """Kill a pipeline that began from nothing until it is done; how often at which kind of stage,
    and what went wrong: an AssertionError, or a TimeoutExpired where it hangs. Where DVC says that
    its own file is half written, `make repro` is next."""
    project, hit, said = clone(place), Counter[str](), ""
    try:
        while hit.total() < kills and time.monotonic() < deadline:
            command = COMMANDS[1] if HALF in said else chance.choice(COMMANDS)
            killed, said = kill(project, command, chance.expovariate(1 / 8))
            if not killed and HALF not in said:
                break
            hit[stage_of(said)] += killed
        run(project, *COMMANDS[1])
        found = results(project)
        other = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        assert not other and nothing_runs(project), f"differ: {', '.join(other[:5])}"
    except (AssertionError, TimeoutExpired) as error:
        return hit, error
    return hit, None


def too_long(*_: Any) -> None:
    raise TimeoutError


def wrong_inputs() -> dict[str, int]:
    """How many wrong parameters were tried, raised something, were let through, or took more than
    a minute: those of the tests, and NaN for every number of every section."""
    module, tried = test_wrong_params, Counter(inputs=0, tracebacks=0, silent=0, hangs=0)
    told = [each[:2] for each in (*module.VALUES, *module.NAMES, *module.ROLES)]
    signal.signal(signal.SIGALRM, too_long)
    for path, value in [*told, *(("/".join(place), math.nan) for place in NUMERIC)]:
        tried["inputs"] += 1
        signal.alarm(LONGEST)
        try:
            tried["silent"] += not broken(path, value)
        except InputError:
            continue
        except TimeoutError:
            tried["hangs"] += 1
        except Exception as error:
            print(f"{path}: {type(error).__name__}: {error}")
            tried["tracebacks"] += 1
    signal.alarm(0)
    return dict(tried)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("kills", 300), ("seconds", 14400), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--keep", action="store_true", help=f"write {RESULTS}")
    given = parser.parse_args()
    chance, start = random.Random(given.seed), time.monotonic()
    adopt()
    hit, lost, cycles = Counter[str](), list[Exception](), 0
    with tempfile.TemporaryDirectory() as place:
        whole = clone(Path(place, "whole"))
        run(whole, "dvc", "repro")
        wanted, deadline = results(whole), start + given.seconds
        print(f"undisturbed: {len(wanted)} results, {time.monotonic() - start:.0f} s", flush=True)
        while hit.total() < given.kills and time.monotonic() < deadline:
            cycles += 1
            left = given.kills - hit.total()
            found, problem = cycle(Path(place, f"{cycles}"), wanted, chance, left, deadline)
            hit += found
            lost += [problem] if problem else []
            print(f"{hit.total()} kills; {problem or 'nothing lost'}", flush=True)
    print("at", ", ".join(f"{stage} {n}" for stage, n in sorted(hit.items())))
    found = wrong_inputs() | {"kills": hit.total(), "kills_lost": len(lost)}
    found["hangs"] += sum(isinstance(problem, TimeoutExpired) for problem in lost)
    print(found)
    if given.keep:
        save_json(RESULTS, (load_json(RESULTS) if RESULTS.exists() else {}) | found)
    sys.exit(bool(lost or found["tracebacks"] or found["silent"] or found["hangs"]))


if __name__ == "__main__":
    main()
