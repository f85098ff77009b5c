"""What MLflow holds of a project can be searched, and says where each result comes from."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas
import pytest
from ruamel.yaml import YAML

from scorefield.pipeline.files import load_model
from tests.helpers.mlflow_project import artifacts, client, found, mirror, mlflow_project
from tests.helpers.project import commit, edit, run
from tests.helpers.shared_folder import made_once

pytestmark = pytest.mark.filterwarnings("ignore")

TRAININGS = ("train@bimodal-ddpm", "train@digits-ddpm")
HEUN, STUDY = "evaluate@bimodal-heun", "few_steps_report@bimodal"
ALL = {*TRAININGS, "train@bimodal-exact", HEUN, "evaluate@bimodal-ddim", STUDY}


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The project after `dvc repro`, with live runs and no mirror; tests take a copy."""
    make = lambda folder: mlflow_project(folder / "project")
    return made_once(tmp_path_factory, "mlflow", make) / "project"


@pytest.fixture(scope="session")
def live(fresh, tmp_path_factory):
    """The same, mirrored: what was trained was live."""

    def make(folder):
        shutil.copytree(fresh, folder / "project")
        mirror(folder / "project")

    return made_once(tmp_path_factory, "mlflow-live", make) / "project"


@pytest.fixture(scope="session")
def mirrored(fresh, tmp_path_factory):
    """The same, committed, and mirrored into an empty MLflow."""

    def make(folder):
        project = shutil.copytree(fresh, folder / "project")
        forget(project)
        commit(project)
        (project / "note").write_text("of a later commit")
        commit(project)
        mirror(project)

    return made_once(tmp_path_factory, "mlflow-mirrored", make) / "project"


def forget(project: Path) -> None:
    for path in (*project.glob("mlflow.db*"), project / "mlartifacts"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def locked(project: Path, stage: str) -> dict[str, Any]:
    return YAML(typ="safe").load(project / "dvc.lock")["stages"][stage]


def test_a_search_by_the_name_of_a_method_finds_exactly_its_runs(live, mirrored):
    for project in (live, mirrored):
        assert set(found(project, "params.sampler = 'heun'")) == {HEUN}
        assert set(found(project, "params.net = 'unet'")) == {"train@digits-ddpm"}
        assert set(found(project, "params.evaluator LIKE '%'")) == {
            name for name in ALL if not name.startswith("train@")
        }


def test_a_search_by_kind_finds_exactly_the_runs_of_that_kind(live, mirrored):
    for project in (live, mirrored):
        kinds = {name: run.data.tags["kind"] for name, run in found(project).items()}
        assert kinds == {name: "training" for name in ALL if name.startswith("train@")} | {
            name: "evaluation" for name in ALL if name.startswith("evaluate@")
        } | {STUDY: "few_steps", "bimodal": "dataset", "digits": "dataset"}


def test_names_of_methods_stand_beside_the_numbers_of_their_sections(mirrored):
    params = YAML(typ="safe").load(mirrored / "params.yaml")
    given = found(mirrored)[HEUN].data.params
    assert (given["guidance"], given["sampler"], given["data"]) == ("plain", "heun", "bimodal")
    assert given["n"] == str(params["runs"]["bimodal-heun"]["n"]) and given["seed"] == "1"
    assert given["heun.steps"] == str(params["heun"]["steps"])
    assert (given["net"], given["objective"], given["schedule"]) == ("mlp", "ddpm", "cosine")
    given = found(mirrored)["train@digits-ddpm"].data.params
    assert given["net"] == "unet" and given["unet.lr"] == str(params["unet"]["lr"])


@pytest.mark.parametrize("name", TRAININGS)
def test_live_and_mirrored_training_have_the_same_keys(name, fresh, live, mirrored):
    keys: list[Callable[[Path, Any], object]] = [
        lambda _, run: run.data.params,
        lambda _, run: set(run.data.metrics) - {"train/images_per_second"},  # only live
        lambda _, run: set(run.data.tags),
        artifacts,
        lambda _, run: [each.dataset.digest for each in run.inputs.dataset_inputs],
    ]
    of = lambda project: [key(project, found(project)[name]) for key in keys]
    assert of(live) == of(mirrored)
    params, metrics, *_ = of(fresh)  # live, before the mirror
    assert params == of(live)[0]
    assert {name for name in of(live)[1] if not name.startswith("eval/")} == metrics


def test_a_live_training_has_the_loss_of_every_step(live):
    run = found(live)["train@bimodal-ddpm"]
    steps = int(run.data.params["mlp.steps"])
    history = client(live).get_metric_history(run.info.run_id, "train/loss")
    assert [each.step for each in history] == [*range(1, steps + 1)]
    curve = pandas.read_csv(live / "plots/models/bimodal-ddpm.csv")
    first = [each.value for each in history if each.step <= curve["step"][0]]
    assert sum(first) / len(first) == pytest.approx(curve["loss"][0], rel=1e-5)


def test_all_pictures_are_artifacts_of_their_own(live, mirrored):
    for project in (live, mirrored):
        held = lambda name, project=project: artifacts(project, found(project)[name])
        assert {"plots/samples.png", "plots/trajectory.png"} < held(HEUN)
        grids = {
            f"plots/grids/{path.name}" for path in project.glob("models/digits-ddpm/grids/*.png")
        }
        assert len(grids) == 8 and held("train@digits-ddpm") == grids | {"plots/training.png"}
        assert held(STUDY) == {
            "plots/few_steps.png",
            "plots/few_steps.svg",
            "plots/few_steps.csv",
            "metrics/few_steps.csv",
        }


def test_the_figures_of_every_result_are_its_metrics(live, mirrored):
    files = {
        HEUN: "runs/bimodal-heun",
        STUDY: "few_steps/bimodal",
        TRAININGS[0]: "models/bimodal-ddpm",
    }
    for project in (live, mirrored):
        for name, file in files.items():
            figures = json.loads((project / f"metrics/{file}.json").read_text())
            metrics = found(project)[name].data.metrics
            assert figures and all(metrics[f"eval/{k}"] == v for k, v in figures.items())


def test_the_commit_of_a_run_is_that_of_its_result(mirrored):
    commit = run(
        mirrored, "git", "log", "-1", "--format=%H", "--", "metrics/runs/bimodal-heun.json"
    )
    assert commit.strip() != run(mirrored, "git", "rev-parse", "HEAD").strip()
    for name in ALL:
        tags = found(mirrored)[name].data.tags
        assert tags["commit"] == tags["mlflow.source.git.commit"] == commit.strip()
        assert tags["committed"] == "yes"


def test_a_result_in_no_commit_bears_that_of_its_code_until_it_is_committed(live, tmp_path):
    project = shutil.copytree(live, tmp_path / "project")
    head = lambda: run(project, "git", "rev-parse", "HEAD").strip()
    tags = lambda: [found(project)[name].data.tags for name in sorted(ALL)]
    code = head()
    assert {(each["commit"], each["committed"]) for each in tags()} == {(code, "no")}
    commit(project)
    assert mirror(project).startswith("0 new runs")
    assert {(each["commit"], each["committed"]) for each in tags()} == {(head(), "yes")}
    assert head() != code and len(found(project)) == len(ALL) + 2


def test_every_run_stands_below_that_of_its_dataset_and_names_its_file(live, mirrored):
    for project in (live, mirrored):
        runs = found(project)
        for name in ALL:
            data = "digits" if "digits" in name else "bimodal"
            assert runs[name].data.tags["mlflow.parentRunId"] == runs[data].info.run_id
            (used,) = runs[name].inputs.dataset_inputs
            (out,) = locked(project, f"prepare@{data}")["outs"]
            assert (used.dataset.name, used.dataset.digest) == (data, out["md5"])


def test_the_description_has_the_command_that_makes_the_run_again(mirrored):
    for name in ALL:
        assert f"`dvc repro {name}`" in found(mirrored)[name].data.tags["mlflow.note.content"]
    said = run(mirrored, "dvc", "repro", "--dry", "-f", "-s", HEUN)
    assert f"Running stage '{HEUN}'" in said


def test_a_mirrored_run_begins_and_lasts_as_its_stages_did(mirrored):
    kept = json.loads((mirrored / ".scratch/durations.json").read_text())
    for name, stages in {HEUN: ["sample@bimodal-heun", HEUN], TRAININGS[0]: [TRAININGS[0]]}.items():
        info = found(mirrored)[name].info
        assert info.start_time == 1000 * kept[stages[0]]["start"]
        seconds = sum(kept[stage]["seconds"] for stage in stages)
        assert info.end_time - info.start_time == pytest.approx(1000 * seconds, abs=2)


def test_the_mirror_lists_what_params_and_the_lock_name_and_no_other_file(mirrored, tmp_path):
    project = shutil.copytree(mirrored, tmp_path / "project")
    shutil.copy(project / "metrics/runs/bimodal-heun.json", project / "metrics/runs/stray.json")
    edit(project, lambda params: params["runs"].pop("bimodal-heun"))
    forget(project)
    assert mirror(project).startswith(f"{len(ALL) - 1} new runs")
    assert set(found(project)) == ALL - {HEUN} | {"bimodal", "digits"}


def test_the_alias_best_is_the_model_of_the_first_run_of_the_leaderboard(mirrored, tmp_path):
    project = shutil.copytree(mirrored, tmp_path / "project")
    board = lambda rank: f"rank,run,data,fid,parameters\n{rank},bimodal-heun,bimodal,3,9\n"
    (project / "metrics/leaderboard.csv").write_text(board(1))
    assert "1 new best" in mirror(project) and "0 new best" in mirror(project)
    registry = client(project)
    version = registry.get_model_version_by_alias("scorefield-bimodal", "best")
    assert version.run_id == found(project)["train@bimodal-ddpm"].info.run_id
    mlflow.set_tracking_uri(f"sqlite:///{project}/mlflow.db")
    folder = mlflow.artifacts.download_artifacts("models:/scorefield-bimodal@best")
    weights = lambda place: load_model(place).net.state_dict()
    ours, theirs = weights(project / "models/bimodal-ddpm"), weights(folder)
    assert all(bool((ours[key] == theirs[key]).all()) for key in ours)
