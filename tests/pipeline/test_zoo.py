"""Models that come with the project are small, complete, loadable, and as good as their cards say."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML
from scripts.zoo import begun, parts_of

import scorefield as sf
from scorefield.core.datasets import dataset_of
from scorefield.core.errors import InputError
from scorefield.data.mnist import mnist
from scorefield.experiments.model_training import train_model
from scorefield.experiments.models import untrained_model
from scorefield.experiments.training import seed_step, train
from scorefield.leaderboard import table
from scorefield.metrics.evaluators import evaluator_of
from scorefield.objectives._ratio import probe
from scorefield.objectives.ddpm import ddpm
from scorefield.pipeline import params
from scorefield.pipeline.files import (
    WEIGHTS,
    checksum,
    load_model,
    load_tensors,
    save_model,
    save_tensors,
    to_unit,
)
from scorefield.pipeline.stage_code import networks
from tests.helpers.project import ROOT
from tests.helpers.shared import UNET, unet

ZOO = sorted(path for path in (ROOT / "zoo").glob("*/"))
ENTRIES = YAML(typ="safe").load(ROOT / "params.yaml")["models"]
CARD = {"images_seen", "hours", "hardware", "data_sha256", "command"}
LARGEST, WHOLE = 20e6, 60e6  # bytes of a file and of all
DRAWN, SCORED = 64, 500


def card(folder):
    return json.loads((folder / "card.json").read_text())


def images():
    return dataset_of({k: to_unit(v) if v.ndim == 4 else v for k, v in mnist().items()})


def of_pairs():
    """The test images, the images they should match, and labels."""
    found = mnist(pair=1)
    scaled = {key: to_unit(found[key]) for key in ("test", "test_pair")}
    return scaled | {"test_labels": found["test_labels"]}


def test_the_zoo_is_small():
    sizes = [file.stat().st_size for file in (ROOT / "zoo").rglob("*") if file.is_file()]
    assert max(sizes) <= LARGEST and sum(sizes) <= WHOLE


@pytest.mark.parametrize("folder", ZOO, ids=lambda folder: folder.name)
def test_a_shipped_model_has_a_card_a_profile_and_an_entry_with_its_checksum(folder):
    assert card(folder).keys() >= CARD and (folder / "card.md").exists()
    assert (ROOT / f"profiles/zoo-{folder.name}.txt").exists()
    known = ENTRIES[folder.name]["submitted_model"]
    assert known["folder"] == f"zoo/{folder.name}"
    assert known["sha256"] == checksum(folder / WEIGHTS, folder / "config.json")


@pytest.mark.parametrize("folder", ZOO, ids=lambda folder: folder.name)
def test_a_shipped_model_is_as_good_as_its_card_says(folder, monkeypatch):
    monkeypatch.chdir(ROOT.parent)  # it is found from everywhere
    model, known, data = sf.load(f"zoo/{folder.name}"), card(folder), images()
    if known["entry"]["objective"] == "classifier":
        guess = model.net(data.test).argmax(1)
        right = (guess == data.test_labels).double().mean().item()
        assert right == pytest.approx(known["training"]["accuracy"], abs=0.002)
        return
    if "pair_accuracy" in known["training"]:
        pairs = {key.replace("test", "validation"): part for key, part in of_pairs().items()}
        found = probe(model, pairs)["pair_accuracy"]
        assert found == pytest.approx(known["training"]["pair_accuracy"], abs=0.02)
        return
    run = known["run"] or {"sampler": "ddim", "ddim": {"steps": 10}}
    n, sampler = SCORED if "coherent" in known else DRAWN, run["sampler"]
    labels = {"condition": torch.arange(n) % model.classes} if model.classes else {}
    samples = sf.sample(model, n, sampler=sampler, steps=run[sampler]["steps"], seed=5, **labels)
    assert samples.shape == (n, 1, 28, 28) and samples.isfinite().all()
    if "coherent" in known:
        found = evaluator_of(sf.load("zoo/mnist-classifier")).coherence(samples, data)
        share, expected = found["coherent"].double().mean().item(), known["coherent"]
        assert share == pytest.approx(expected, abs=4 * (expected * (1 - expected) / n) ** 0.5)


def test_the_model_that_has_seen_no_7s_draws_almost_none(monkeypatch):
    """A tenth of all digits are 7s; a model that knew them would draw 30 or more of 500."""
    monkeypatch.chdir(ROOT)
    samples = sf.sample(sf.load("zoo/mnist-unet-withheld"), SCORED, "ddim", 10, seed=5)
    guess = evaluator_of(sf.load("zoo/mnist-classifier")).classes(samples)
    assert (guess == 7).sum() <= 15


def test_a_model_that_is_not_in_the_zoo_is_told_in_one_line():
    with pytest.raises(InputError, match="did you mean 'mnist-classifier'"):
        sf.load("zoo/mnist-clasifier")


def test_a_training_in_parts_shares_data_and_run_and_begins_with_the_weights_of_the_part_before(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    packed(tmp_path / ".scratch/part-1")
    start = "models.trained={submitted_model:{folder:.scratch/part-1,sha256:''}}"
    lines = ["-S data.a=1", "-S models.trained={net:unet}", f"-S {start}", "-S runs.scored=2"]
    Path("profiles").mkdir()
    Path("profiles/zoo-a.txt").write_text("\n".join(lines))
    first, second = parts_of("a", None)
    assert first == ["-S", "models.trained={net:unet}", "-S", "data.a=1", "-S", "runs.scored=2"]
    assert second == ["-S", start, *first[2:]] and begun(tmp_path, first) == first
    known = checksum(Path(".scratch/part-1", WEIGHTS), Path(".scratch/part-1/config.json"))
    sha256 = f"models.trained.submitted_model.sha256={known}"
    assert begun(tmp_path, second) == [*second, "-S", sha256]


def test_the_code_of_a_submitted_model_is_also_that_of_the_network_that_it_is(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert networks(ENTRIES["mnist-classifier"]) == {"submitted_model", "convnet"}
    assert networks({"net": "mlp"}) == {"mlp"}


def test_the_code_of_a_model_trained_on_is_also_that_of_the_network_it_began_as(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    packed(tmp_path / "start")
    model, config = untrained_model(entry(tmp_path / "start"), {"train": torch.rand(4, 1, 28, 28)})
    save_model(tmp_path / "tuned", config, model)
    assert networks(entry(tmp_path / "tuned")) == {"submitted_model", "unet"}


def entry(folder, **budget):
    sha256 = checksum(folder / WEIGHTS, folder / "config.json")
    spec = {"data": "digits", "net": "submitted_model", "objective": "ddpm", "schedule": "cosine"}
    return spec | {"submitted_model": {"folder": str(folder), "sha256": sha256} | budget}


def packed(folder):
    """A small U-Net, not of the default size, as the zoo keeps it: weights in bfloat16."""
    model = unet()
    numbers = {"net": "unet", "numbers": UNET, "shapes": {"train": [1, 1, 28, 28]}}
    save_model(folder, numbers | {"schedule": "cosine", "predict": "v"}, model)
    small = {key: value.bfloat16() for key, value in load_tensors(folder / WEIGHTS).items()}
    save_tensors(folder / WEIGHTS, small)
    return load_model(folder)


def test_a_model_trained_from_a_shipped_one_begins_with_its_loss(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    start, images = packed(tmp_path / "start"), torch.rand(16, 1, 28, 28)
    model, _ = untrained_model(entry(tmp_path / "start"), {"train": images})
    data = {"train": images, "validation": images}
    ((_, row),) = train(model, ddpm, data, None, 0, True, steps=1, batch=8, validations=1)
    seed_step(0, 0)
    first = {"x": images[torch.randint(16, (8,))]}
    assert row["loss"] == pytest.approx(ddpm(start, first).mean().item(), rel=1e-6)


def test_a_model_trained_from_a_shipped_one_needs_its_folder_no_more(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    start, images = packed(tmp_path / "start"), torch.rand(16, 1, 28, 28)
    model, config = untrained_model(entry(tmp_path / "start"), {"train": images})
    data, x = {"train": images, "validation": images}, torch.randn(2, 1, 28, 28)
    ((state, _),) = train(model, ddpm, data, None, 0, True, steps=1, batch=8, validations=1)
    save_model(tmp_path / "tuned", config, state.average)
    shutil.rmtree(tmp_path / "start")
    (tmp_path / "tuned").rename(tmp_path / "moved")
    again = sf.load(tmp_path / "moved")
    assert again.net.diffusers_config() == start.net.diffusers_config()
    assert {weight.dtype for weight in again.net.parameters()} == {torch.float32}
    assert torch.equal(again(x, 0.5), state.average(x, 0.5))
    assert not torch.equal(again(x, 0.5), start(x, 0.5))


def test_the_precision_that_a_load_asks_for_is_that_of_the_network_that_was_submitted(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    packed(tmp_path / "start")
    data = {"train": torch.rand(4, 1, 28, 28)}
    model, config = untrained_model(entry(tmp_path / "start"), data)
    save_model(tmp_path / "again", config, model)
    assert sf.load(tmp_path / "again").net.precision == UNET["precision"]
    assert sf.load(tmp_path / "again", "bfloat16").net.precision == "bfloat16"


def test_a_shipped_model_is_copied_with_its_training_and_nothing_is_computed(tmp_path, monkeypatch):
    """So its copy, an input of many stages, is the same on every machine."""
    shipped = ROOT / "zoo/mnist-ratio-disc"
    monkeypatch.chdir(tmp_path)
    for place in ("zoo", "params.yaml"):
        Path(place).symlink_to(ROOT / place)
    save_tensors("data/digits-pairs.safetensors", mnist(pair=1))
    refused = lambda *_: pytest.fail("a network was called")
    monkeypatch.setattr(torch.nn.Conv2d, "forward", refused)
    train_model("mnist-ratio-disc", "key", tmp_path / "scratch")
    copy = Path("models/mnist-ratio-disc")
    assert json.loads((copy / "figures.json").read_text()) == card(shipped)["training"]
    assert (copy / "curve.csv").read_bytes() == (shipped / "curve.csv").read_bytes()
    there, here = load_model(shipped), load_model(copy)
    for key, value in there.state_dict().items():
        assert torch.equal(value, here.state_dict()[key])


def test_a_shipped_model_that_is_trained_on_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("zoo").symlink_to(ROOT / "zoo")
    given = {"steps": 2, "batch": 8, "lr": 0.01, "validations": 1}
    own = ENTRIES["mnist-ratio-disc"]["submitted_model"] | given
    entries = {"mine": ENTRIES["mnist-ratio-disc"] | {"submitted_model": own}}
    monkeypatch.setattr(params, "load", lambda: {"models": entries})
    monkeypatch.setenv("SCOREFIELD_SANDBOX", "here")  # MLflow is told nothing
    few = {key: value[:64] if value.ndim else value for key, value in mnist(pair=1).items()}
    save_tensors("data/digits-pairs.safetensors", few)
    train_model("mine", "key", tmp_path / "scratch")
    assert json.loads(Path("models/mine/figures.json").read_text())["steps"] == 2
    before, after = (
        load_tensors(Path(f, WEIGHTS)) for f in ("zoo/mnist-ratio-disc", "models/mine")
    )
    assert before.keys() <= after.keys() and any((before[k] != after[k]).any() for k in before)


def test_a_shipped_model_is_not_ranked_and_its_images_are_those_of_its_card(monkeypatch):
    monkeypatch.chdir(ROOT)
    known = {"models/mnist-classifier/figures.json": {"parameters": 3, "steps": 5}}
    read = lambda path: known.get(str(path)) or json.loads(Path(path).read_text())
    monkeypatch.setattr(table, "load_json", read)
    spec = {"model": "mnist-classifier", "guidance": "plain"}
    assert table.remark(spec) == table.SHIPPED
    seen = card(ROOT / "zoo/mnist-classifier")["images_seen"]
    assert table.costs(spec) == {"parameters": 3, "images_seen": seen}
