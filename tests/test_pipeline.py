"""The pipeline is honest: declared dependencies, checked parameters, reproducible bytes."""

import os
import re
import signal
import sys
import threading
import time
import weakref
from dataclasses import replace

import pytest
import torch
from ruamel.yaml import YAML

from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.schedule import cosine
from scorefield.lab import closure
from scorefield.lab.identity import scratch
from scorefield.lab.sampling import Plan, sample
from scorefield.nets.mlp import MLP
from scorefield.samplers.ancestral import ancestral
from tests.project import ROOT, copied, edit, rerun, run, started, wait

PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")


def stages():
    from dvc.repo import Repo

    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            (script,) = re.findall(r"stages/(\w+)\.py", stage.cmd)
            yield stage.addressing, script, {dep.def_path for dep in stage.deps}


def chosen(script: str) -> set[str]:
    """The kinds whose methods a stage takes by name, which no import tells; those of a model's
    network come with its weights."""
    path, found = ROOT / f"stages/{script}.py", set()
    for file in {path, *closure.imports(path)} - {ROOT / "src/scorefield/core/files.py"}:
        text = file.read_text()
        found |= set(re.findall(r'params\.(?:method|module|function)\(\s*"(\w+)"', text))
    return found


@pytest.mark.filterwarnings("ignore")
def test_every_stage_depends_on_its_own_code_and_on_the_methods_that_it_takes_by_name():
    for name, script, deps in stages():
        if name == "check":
            continue
        assert f"code/{script}.txt" in deps, name
        imported = {file.parent.name for file in closure.imports(ROOT / f"stages/{script}.py")}
        for kind in chosen(script) - imported:
            assert any(dep.startswith(f"code/{kind}") for dep in deps), f"{name}: {kind}"


def test_the_hash_of_code_follows_every_file_that_is_imported_and_no_other(tmp_path, monkeypatch):
    package = tmp_path / "src/scorefield"
    for name, text in {
        "core/a.py": "x = 1",
        "core/b.py": "from scorefield.core.a import x",
        "nets/c.py": "from scorefield.core import b",
        "nets/d.py": "import torch",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr(closure, "SOURCE", package)
    hashed = lambda: (closure.imports.cache_clear(), closure.fingerprint(package / "nets/c.py"))[1]
    first = hashed()
    (package / "nets/d.py").write_text("import numpy")
    assert hashed() == first
    (package / "core/a.py").write_text("x = 2")
    assert hashed() != first
    closure.imports.cache_clear()


def test_a_lazy_import_counts():
    found = {file.name for file in closure.imports(ROOT / "stages/sample.py")}
    assert {"bridge.py", "params.py", "sampling.py"} <= found
    assert "canvas.py" in {file.name for file in closure.imports(ROOT / "stages/leaderboard.py")}


def test_nothing_runs_and_nothing_is_lost_on_a_wrong_parameter(tmp_path):
    project = copied(tmp_path)
    (project / "data").mkdir(exist_ok=True)
    (project / "data/kept.txt").write_text("mine")
    edit(project, lambda p: p["runs"]["bimodal-ddim"].update(model="bimodal-dpm"))
    said = run(project, "dvc", "repro", check=False)
    assert "error: params.yaml: runs.bimodal-ddim.model: no models named 'bimodal-dpm'" in said
    assert "prepare" not in said and "Traceback" not in said
    assert (project / "data/kept.txt").read_text() == "mine"


@pytest.mark.skipif(not (ROOT / "dvc.lock").exists(), reason="the pipeline has not run yet")
def test_a_change_reruns_what_uses_it_and_nothing_else(tmp_path):
    project = copied(tmp_path, tiny=False)
    assert rerun(project) == set(), "dvc.lock is not current"
    using = lambda table, key, name: {
        spec_name for spec_name, spec in PARAMS[table].items() if spec.get(key) == name
    }
    heun = {f"sample@{name}" for name in using("runs", "sampler", "heun")}
    file = project / "src/scorefield/samplers/heun.py"
    text = file.read_text()
    file.write_text(text + "\n# edited\n")
    assert rerun(project) == heun | {f"curve@{name}" for name in PARAMS["curves"]}
    file.write_text(text)

    edit(project, lambda p: p["unet"].update(lr=0.001))
    assert rerun(project) == {f"train@{name}" for name in using("models", "net", "unet")}
    edit(project, lambda p: p["unet"].update(lr=PARAMS["unet"]["lr"]))

    edit(project, lambda p: p["ibg"].update(scale=2.0))
    assert rerun(project) == {f"sample@{name}" for name in using("runs", "guidance", "ibg")}
    edit(project, lambda p: p["ibg"].update(scale=PARAMS["ibg"]["scale"]))

    edit(project, lambda p: p["dddm"].update(beta=0.5))
    assert rerun(project) == {f"train@{name}" for name in using("models", "objective", "dddm")}
    edit(project, lambda p: p["dddm"].update(beta=PARAMS["dddm"]["beta"]))

    new = PARAMS["runs"]["bimodal-ddim"] | {"seed": 2}
    edit(project, lambda p: p["runs"].update(new=new))
    assert rerun(project) == {"sample@new", "evaluate@new", "leaderboard", "track"}


def test_a_file_that_is_no_python_is_one_line_though_nothing_names_it(tmp_path):
    project = copied(tmp_path, tiny=False)
    (project / "src/scorefield/maps/half.py").write_text("def half(:\n")
    said = run(project, sys.executable, "stages/check.py", check=False)
    assert said.startswith("error: src/scorefield/maps/half.py, line 1: ") and said.count("\n") == 1


def plan(seed: int = 3, draws: bool = False, given: bool = False) -> Plan:
    torch.manual_seed(0)
    model = Model(MLP(2, 32, 2, extra=2 * draws), cosine(), "v", [2], draws)
    sampler = lambda *args: ancestral(*args, churn=1.0)
    y = torch.randn(300, 2) if given else None
    steered = (lambda x, t: model(x, t) + model.given) if given else model
    return Plan(steered, (model,), cosine(), sampler, [2], 5, seed, torch.device("cpu"), y)


@pytest.mark.parametrize("kind", [{}, {"draws": True}, {"given": True}], ids=str)
def test_chunks_agree_within_rounding(kind, tmp_path):
    """And over ranks to the byte: tests/test_ranks.py."""
    draw = lambda name, chunk: sample(plan(**kind), 300, tmp_path / name, chunk=chunk)
    whole, parts = draw("whole", 500), draw("parts", 64)
    torch.testing.assert_close(whole["samples"], parts["samples"], rtol=1e-5, atol=1e-5)
    assert whole["nfe"] == parts["nfe"] == 5


def test_a_chunk_too_large_for_the_device_is_halved_and_what_it_held_is_let_go(tmp_path):
    whole, held = sample(plan(), 300, tmp_path / "whole", chunk=300), []
    roomy = plan()

    def crowded(x, t):
        assert not any(alive() is not None for alive in held), "a failed attempt is still held"
        if len(x) > 100:
            held.append(weakref.ref(x))
            raise torch.OutOfMemoryError
        return roomy.denoiser(x, t)

    found = sample(replace(roomy, denoiser=crowded), 300, tmp_path / "halved", chunk=300)
    assert len(held) == 3  # 300, and 150 twice
    torch.testing.assert_close(whole["samples"], found["samples"], rtol=1e-5, atol=1e-5)
    assert torch.equal(whole["nfe"], found["nfe"])


def test_samples_that_are_not_finite_are_refused(tmp_path):
    astray = replace(plan(), denoiser=lambda x, t: x / 0 * 0)
    with pytest.raises(InputError, match="samples are not finite: the model diverged"):
        sample(astray, 10, tmp_path, chunk=10)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_who_comes_second_to_the_same_work_waits_and_begins_afresh(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    order = []

    def second():
        with scratch("key") as folder:
            order.append(("second", [*folder.iterdir()]))

    thread = threading.Thread(target=second)
    with scratch("key") as folder, scratch("other"):
        (folder / "half").touch()
        thread.start()
        thread.join(0.5)
        order.append(("first", [*folder.iterdir()]))
    thread.join()
    assert order == [("first", [folder / "half"]), ("second", [])]
    with pytest.raises(RuntimeError), scratch("key") as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert (folder / "half").exists(), "what failed goes on from here"


def test_another_seed_draws_other_samples(tmp_path):
    one, two = (sample(plan(s), 50, tmp_path / str(s), chunk=50)["samples"] for s in (1, 2))
    assert not torch.isclose(one, two).any(1).any()


def test_a_killed_training_ends_with_the_bytes_of_an_undisturbed_one(tmp_path):
    project = copied(tmp_path)
    edit(project, lambda p: p["mlp"].update(steps=2000, width=64))
    command = ["dvc", "repro", "train@bimodal-ddpm"]
    run(project, "dvc", "repro", "prepare@bimodal")
    checkpoints = lambda: [*project.glob(".scratch/*/checkpoint.safetensors")]
    with started(project, *command) as killed:
        wait(checkpoints, killed)
        time.sleep(1.5)
        os.killpg(killed.pid, signal.SIGKILL)
    assert not (project / "models/bimodal-ddpm/config.json").exists()
    said = run(project, *command)
    resumed = {f: f.read_bytes() for f in (project / "models/bimodal-ddpm").rglob("*.*")}
    first = int(re.search(r"train: +\d+%.*?\| (\d+)/2000", said.replace("\r", "\n")).group(1))
    assert first > 0, "it began again from nothing"
    assert not checkpoints()
    run(project, *command[:2], "-f", "-s", command[2])
    assert resumed == {f: f.read_bytes() for f in (project / "models/bimodal-ddpm").rglob("*.*")}


@pytest.mark.skipif(not (ROOT / "dvc.lock").exists(), reason="the pipeline has not run yet")
def test_the_tables_of_readme_and_docs_are_those_of_the_pipeline(tmp_path):
    project = copied(tmp_path, tiny=False)
    run(project, sys.executable, "stages/readme.py")
    for name in ("README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))):
        assert (project / name).read_text() == (ROOT / name).read_text()


def test_the_example_of_the_readme_is_a_working_method(tmp_path):
    text = (ROOT / "README.md").read_text()
    file, code = re.search(
        r"`(src/scorefield/samplers/\w+\.py)`.*?```python\n(.*?)```", text, re.S
    ).groups()
    entries = re.findall(r"```yaml\n(.*?)```", text, re.S)[0]
    assert len(code.strip().splitlines()) <= 15
    project = copied(tmp_path)
    (project / file).write_text(code)
    added = YAML(typ="safe").load(entries)
    edit(project, lambda p: [p.setdefault(k, {}).update(v) for k, v in added.items()])
    (name,) = added["runs"]
    run(project, "dvc", "repro", f"evaluate@{name}")
    assert (project / f"metrics/runs/{name}.json").exists()
