"""The pipeline is honest: declared dependencies, checked parameters, reproducible bytes."""

import re
import sys

import pytest
from ruamel.yaml import YAML

from scorefield.pipeline import code_hash
from scorefield.pipeline.params import RUNS
from scorefield.pipeline.stage_code import STAGES, fingerprints, named
from tests.helpers.project import ROOT, copied, edit, rerun, run

PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")


def stages():
    from dvc.repo import Repo

    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            (script, entry) = re.search(r"stages/(\w+)\.py ?(\S*)", stage.cmd).groups()
            yield stage.addressing, script, entry, {dep.def_path for dep in stage.deps}


@pytest.mark.filterwarnings("ignore")
def test_every_stage_depends_on_the_hash_of_its_own_code_and_on_no_other(monkeypatch):
    monkeypatch.chdir(ROOT)
    written = fingerprints(PARAMS)
    for name, script, entry, deps in stages():
        if name in ("validate", "fingerprint"):
            continue
        own = f"{script}/{entry}" if entry else script
        assert {dep for dep in deps if dep.startswith("code/")} == {f"code/{own}.txt"}, name
        assert own in written and bool(entry) == (script in STAGES), name


@pytest.mark.filterwarnings("ignore")
def test_the_report_depends_on_every_file_that_its_page_imports():
    imported, todo = set(), {"page"}
    while todo:
        imported |= todo
        text = "".join((ROOT / f"report/{name}.py").read_text() for name in todo)
        todo = set(re.findall(r"^from report\.(\w+) import", text, re.M)) - imported
    (deps,) = (deps for name, *_, deps in stages() if name == "report")
    assert {f"report/{name}.py" for name in imported} <= deps and len(imported) > 2


@pytest.mark.filterwarnings("ignore")
def test_every_entry_has_its_stages_and_those_with_a_guide_depend_on_it():
    found = {(script, entry): deps for _, script, entry, deps in stages() if entry}
    expected = {
        (script, entry)
        for script, stage in STAGES.items()
        for table in stage.tables
        for entry in PARAMS[table]
    }
    assert set(found) == expected
    for table in RUNS:
        for name, spec in PARAMS[table].items():
            models = {dep for dep in found["sample", name] if dep.startswith("models/")}
            assert models == {f"models/{spec[key]}" for key in ("model", "guide") if key in spec}


@pytest.mark.filterwarnings("ignore")
def test_a_guide_of_a_matching_study_depends_on_its_own_ratio_and_on_no_other():
    found = {entry: deps for _, script, entry, deps in stages() if script == "matching_guides"}
    for name, spec in PARAMS["matching_guides"].items():
        models = {dep.split("/")[1] for dep in found[name] if dep.startswith("models/")}
        assert models == {spec["model"], spec["guide"]}


def test_the_hash_of_code_follows_every_file_that_is_imported_and_no_other(tmp_path, monkeypatch):
    package = tmp_path / "src/scorefield"
    for name, text in {
        "core/a.py": "from scorefield.core import circular\nx = 1",
        "core/circular.py": "import scorefield.core.a",
        "core/b.py": "def late():\n    from scorefield.core.a import x",
        "nets/c.py": "from scorefield.core import b",
        "nets/d.py": "import torch",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr(code_hash, "SOURCE", package)

    def hashed():
        code_hash.imported.cache_clear()
        code_hash.digest.cache_clear()
        return code_hash.fingerprint(package / "nets/c.py")

    first = hashed()
    (package / "nets/d.py").write_text("import numpy")
    assert hashed() == first
    (package / "core/a.py").write_text("x = 2")
    assert hashed() != first
    code_hash.imported.cache_clear()
    code_hash.digest.cache_clear()


def test_code_that_only_tells_mlflow_of_a_training_is_not_in_the_hash_of_the_training():
    code = {path.name for path in code_hash.closure(ROOT / "stages/train.py")}
    assert {"model_training.py", "training.py"} < code
    assert code.isdisjoint({"mlflow_live.py", "mlflow_store.py", "tracking.py", "sandbox.py"})


def test_the_methods_that_a_knob_names_are_among_those_of_a_run():
    spec = PARAMS["runs"]["rare-ibg"]
    used = lambda spec, params=PARAMS: named("sample", "runs", spec, params) - {("guidance", "ibg")}
    assert used(spec) == {("samplers", "ancestral"), ("instability", "frobenius")}
    assert ("instability", "trace") in used(spec | {"ibg": {"score": "trace"}})
    assert ("instability", "trace") in used(spec, PARAMS | {"ibg": {"score": "trace"}})
    sweep = named("guidance_sweep", "guidance_sweep", PARAMS["guidance_sweep"]["mnist"], PARAMS)
    assert sweep == {
        *(("guidance", name) for name in ("plain", "ibg", "random", "minus_score", "sgms", "mue")),
        *(("samplers", "ddim"), ("samplers", "boost"), ("instability", "frobenius")),
    }


def test_nothing_runs_and_nothing_is_lost_on_a_wrong_parameter(tmp_path):
    project = copied(tmp_path)
    (project / "data").mkdir(exist_ok=True)
    (project / "data/kept.txt").write_text("mine")
    edit(project, lambda p: p["runs"]["bimodal-ddim"].update(model="bimodal-dpm"))
    said = run(project, "dvc", "repro", check=False)
    assert "error: params.yaml: runs.bimodal-ddim.model: no models named 'bimodal-dpm'" in said
    assert "prepare" not in said and "Traceback" not in said
    assert (project / "data/kept.txt").read_text() == "mine"


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    """A checkout whose dvc.lock says what has run."""
    if not (ROOT / "dvc.lock").exists():
        pytest.skip("the pipeline has not run yet")
    project = copied(tmp_path_factory.mktemp("current"), tiny=False)
    assert rerun(project) == set(), "dvc.lock is not current"
    return project


def all_of(script: str, table: str, key: str = "", name: str = "") -> set[str]:
    """The stages of the entries of a table, of those that name a method under a key."""
    return {f"{script}@{each}" for each, spec in PARAMS[table].items() if spec.get(key, "") == name}


NEW = "def one(denoiser, x, t, randn=None): ...\n"
EDITS = {  # a file to append to or a new one; what then runs
    "samplers/heun.py": all_of("sample", "runs", "sampler", "heun")
    | {f"few_steps@{name}" for name, spec in PARAMS["few_steps"].items() if "heun" in spec["steps"]}
    | all_of("paths", "paths")
    | {"sampler_distances"},
    "samplers/boost.py": all_of("guidance_sweep", "guidance_sweep"),
    "guidance/sgms.py": all_of("guidance_sweep", "guidance_sweep"),
    "guidance/cfg.py": all_of("sample", "runs", "guidance", "cfg")
    | all_of("matching_guides", "matching_guides"),
    "guidance/one.py": set(),
    "instability/martingale.py": all_of("instability", "instability"),
    "instability/frobenius.py": all_of("sample", "runs", "guidance", "ibg")
    | all_of("instability", "instability")
    | all_of("guidance_sweep", "guidance_sweep")
    | {"generality"},
    "instability/one.py": all_of("instability", "instability"),
}


@pytest.mark.parametrize("file", EDITS)
def test_an_edited_or_new_file_reruns_what_runs_it_and_nothing_else(file, current):
    path = current / "src/scorefield" / file
    before = path.read_text() if path.exists() else None
    path.write_text((before or NEW) + "\n# edited\n")
    try:
        assert rerun(current) == EDITS[file]
    finally:
        path.write_text(before) if before else path.unlink()


@pytest.mark.parametrize(
    "section, change, stages",
    [
        ("unet", {"lr": 0.001}, all_of("train", "models", "net", "unet")),
        ("ibg", {"scale": 2.0}, all_of("sample", "runs", "guidance", "ibg")),
        ("ratio", {"scale": 2.0}, all_of("sample_with_guide", "runs_with_guide", "guidance", "ratio")),
        ("temperature", {"spread": 1.0}, set()),
        ("dddm", {"beta": 0.5}, all_of("train", "models", "objective", "dddm")),
    ],
)  # fmt: skip
def test_a_number_of_a_method_reruns_what_uses_it_and_nothing_else(
    section, change, stages, current
):
    edit(current, lambda p: p[section].update(change))
    assert rerun(current) == stages
    edit(current, lambda p: p[section].update({key: PARAMS[section][key] for key in change}))


def test_a_new_run_runs_alone(current):
    new = PARAMS["runs"]["bimodal-ddim"] | {"seed": 2}
    edit(current, lambda p: p["runs"].update(new=new))
    assert rerun(current) == {"sample@new", "evaluate@new", "leaderboard", "claims", "mlflow"}
    edit(current, lambda p: p["runs"].pop("new"))


def test_a_file_that_is_no_python_is_one_line_though_nothing_names_it(tmp_path):
    project = copied(tmp_path, tiny=False)
    (project / "src/scorefield/instability/half.py").write_text("def half(:\n")
    said = run(project, sys.executable, "stages/validate.py", check=False)
    told = "error: src/scorefield/instability/half.py, line 1: "
    assert said.startswith(told) and said.count("\n") == 1


def test_the_first_stage_removes_folders_of_samples_that_dvc_left_empty(tmp_path):
    project = copied(tmp_path, tiny=False)
    (project / "samples/of-shipped").mkdir(parents=True)
    run(project, sys.executable, "stages/validate.py")
    assert not (project / "samples/of-shipped").exists()
