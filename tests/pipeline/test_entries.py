"""Entries of others: what is well made reaches the pipeline, what is not is told in a line."""

import json
import re
import shutil
import sys

import pytest
import torch
from safetensors.torch import save_file

from scorefield.pipeline.files import build, save_model
from tests.helpers.project import ROOT, copied, rerun, run


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A checkout with the digits prepared and nothing else."""
    project = copied(tmp_path_factory.mktemp("entries"), tiny=False)
    run(project, sys.executable, "stages/prepare.py", "digits")
    return project


@pytest.fixture
def project(prepared):
    """It, and afterwards without what a test put in."""
    before = {file: file.read_bytes() for file in (prepared / "params.yaml",)}
    yield prepared
    for file, content in before.items():
        file.write_bytes(content)
    assert not (prepared / "hacked").exists()
    shutil.rmtree(prepared / "entries")
    shutil.copytree(ROOT / "entries", prepared / "entries")
    for file in (prepared / "src").rglob("mine*.py"):
        file.unlink()


def enter(project, name="mine", check=True):
    return run(project, sys.executable, "stages/entry.py", name, check=check)


def put(project, path, content):
    file = project / "entries" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def network(project):
    """The network of entries/network under another name."""
    for source, target in (("params.yaml", "params.yaml"), ("nets/network.py", "nets/mine.py")):
        text = (ROOT / "entries/network" / source).read_text()
        put(project, f"mine/{target}", re.sub(r"\bnetwork\b(?=[:(\n])", "mine", text))


def saved(folder):
    """A small model as `models/<name>` holds it."""
    numbers = {"width": 16, "depth": 1, "heads": 2, "patch": 7, "overlap": 0, "classes": 0}
    config = {"net": "dit", "numbers": numbers | {"precision": "float32"}, "predict": "v"}
    config |= {"shapes": {"train": [9, 1, 28, 28]}, "schedule": "cosine", "objective": "ddpm"}
    save_model(folder, config, build(config))


def test_entries_run_their_own_stages_and_the_tables_and_nothing_else(project):
    """A sampler, a network, samples and a trained model."""
    stale = rerun(project)  # nothing, in a commit
    network(project)
    saved(project / "entries/mine-trained/model")
    (project / "entries/mine-drawn").mkdir()
    drawn = {"samples": torch.rand(5000, 1, 28, 28)}
    save_file(drawn, project / "entries/mine-drawn/samples.safetensors")
    for name in ("template", "mine", "mine-trained", "mine-drawn"):
        assert f"entered: runs.{name}" in enter(project, name)
    trained = {f"train@{name}" for name in ("mine", "mine-trained")}
    scored = {
        f"{stage}@{name}"
        for stage in ("sample", "evaluate")
        for name in ("template", "mine", "mine-trained", "mine-drawn")
    }
    after = {"training_report", "leaderboard", "claims", "mlflow"}
    assert rerun(project) - stale == (trained | scored | after) - stale
    (project / "src/scorefield/samplers/template.py").unlink()


def test_an_entry_can_be_edited_and_made_again(project):
    network(project)
    enter(project)
    code = (project / "entries/mine/nets/mine.py").read_text()
    put(project, "mine/nets/mine.py", code.replace("residual", "plain"))
    enter(project)
    assert "A plain" in (project / "src/scorefield/nets/mine.py").read_text()


WRONG = {
    "an unknown key": ("params.yaml", "  depth: 4\n", "  dept: 4\n", "mine.dept: unknown key; did you mean 'depth'?"),
    "a run of others": ("params.yaml", "runs:\n  mine:", "runs:\n  digits-ddim:", "runs.digits-ddim: an entry adds models and runs named mine or mine-..."),
    "a command": ("params.yaml", "runs:\n  mine:", "runs:\n  mine-$(touch hacked):", "runs.mine-$(touch hacked): an entry adds models and runs named mine or mine-..."),
    "no table": ("params.yaml", "runs:\n  mine:", "runs: [\n  mine:", "entries/mine/params.yaml: "),
    "a section of others": ("params.yaml", "mine:\n  width", "unet:\n  steps: 1\nmine:\n  width", "unet: no method of this entry"),
    "a missing model": ("params.yaml", "model: mine", "model: mien", "runs.mine.model: no models named 'mien'; did you mean 'mine'?"),
    "the wrong size": ("nets/mine.py", "pixel_shuffle(self.leave(silu(h)), 2)", "self.leave(silu(h))", "RuntimeError: The size of tensor"),
    "not finite": ("nets/mine.py", "h = pixel_unshuffle(x, 2)", "h = pixel_unshuffle(x, 2) / 0 * 0", "the loss: 4 values are not finite"),
    "an error": ("nets/mine.py", "h = pixel_unshuffle(x, 2)", "h = pixel_unshuffle(x, 3)", "mine: mine.py, line "),
    "no syntax": ("nets/mine.py", "import torch\n", "import\n", "src/scorefield/nets/mine.py, line 3: "),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_all_is_left_as_it_was(case, project):
    file, old, new, told = WRONG[case]
    network(project)
    text = (project / "entries/mine" / file).read_text()
    assert old in text
    put(project, f"mine/{file}", text.replace(old, new))
    before = (project / "params.yaml").read_bytes()
    said = enter(project, check=False)
    assert said.startswith("error: ") and told in said and "Traceback" not in said, said
    assert (project / "params.yaml").read_bytes() == before
    assert not (project / "src/scorefield/nets/mine.py").exists()


def test_nothing_of_the_project_is_ever_overwritten(project):
    network(project)
    entries = project / "entries"
    shutil.copytree(entries / "mine", entries / "unet")
    (entries / "unet/nets/mine.py").rename(entries / "unet/nets/unet.py")
    said = enter(project, "unet", check=False)
    assert "src/scorefield/nets/unet.py: there is a method or section of that name" in said
    (entries / "digits-ddim").mkdir()
    save_file({"samples": torch.rand(5000, 1, 28, 28)}, entries / "digits-ddim/samples.safetensors")
    assert "runs.digits-ddim: there is one already" in enter(project, "digits-ddim", check=False)
    text = (entries / "mine/params.yaml").read_text()
    put(
        project,
        "digits/params.yaml",
        text.replace("  mine:\n    data", "  digits-ddpm:\n    data"),
    )
    said = enter(project, "digits", check=False)
    assert "models.digits-ddpm: there is one already" in said
    (entries / "mine/nets/mine.py").rename(entries / "mine/nets/images.py")
    put(project, "mine/params.yaml", text.replace("\nmine:", "\nimages:"))
    assert "nets/images.py: there is a method or section" in enter(project, check=False)
    assert "no such folder; did you mean 'template'?" in enter(project, "templte", check=False)


def test_a_sampler_is_tried_on_a_model_of_others(project):
    shutil.copytree(project / "entries/template", project / "entries/mine")
    for file in ("params.yaml", "samplers/template.py"):
        text = (project / "entries/mine" / file).read_text().replace("template", "mine")
        put(project, f"mine/{file}", text.replace("(s - t) *", "(s - t) / 0 *"))
    (project / "entries/mine/samplers/template.py").rename(
        project / "entries/mine/samplers/mine.py"
    )
    said = enter(project, check=False)
    assert "the samples: 3136 values are not finite" in said, said
    assert not (project / "src/scorefield/samplers/mine.py").exists()


GUIDED = """from scorefield.core.denoiser import Denoiser, derived


def mine(denoiser, guide, *, scale: float = 0.1) -> Denoiser:
    def make(chunk):
        inner, other = chunk.bind(denoiser, guide)
        return lambda x, t: inner(x, t) + scale * (inner(x, t) - other(x, t))

    return derived(denoiser, make)
"""


def test_a_guidance_with_a_second_network_has_a_table_of_its_own(project):
    run_ = {"data": "digits", "model": "digits-ddpm", "evaluator": "mnist-classifier"}
    run_ |= {"guidance": "mine", "sampler": "ddim", "n": 5000, "seed": 1}
    put(project, "mine/guidance/mine.py", GUIDED)
    put(project, "mine/params.yaml", json.dumps({"runs": {"mine": run_}, "mine": {}}))
    assert "its guidance needs a guide; it belongs into runs_with_guide" in enter(
        project, check=False
    )
    guided = {"runs_with_guide": {"mine": run_ | {"guide": "digits-dit"}}, "mine": {"scale": 0.2}}
    put(project, "mine/params.yaml", json.dumps(guided))
    assert "entered: runs_with_guide.mine" in enter(project)


def test_a_pickle_is_not_read(project):
    (project / "entries/mine").mkdir()
    torch.save({"samples": torch.zeros(5000, 1, 28, 28)}, project / "entries/mine/samples.pt")
    said = enter(project, check=False)
    assert "found samples.pt; nothing is unpickled" in said and said.count("\n") == 1
    (project / "entries/mine/samples.pt").rename(project / "entries/mine/samples.safetensors")
    said = enter(project, check=False)
    assert "expected a safetensors file" in said and said.count("\n") == 1
