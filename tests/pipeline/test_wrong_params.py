"""What does not fit together in params.yaml is told before anything computes: the section "What
`validate` lets through" of the faults that were found on 24 November 2026, row by row."""

import copy
import math

import pytest

from scorefield.pipeline.outputs import output_problems
from scorefield.pipeline.validation import every_problem, problems
from tests.helpers.params import PARAMS, broken, changed
from tests.helpers.project import ROOT

NAN, LONG, BIG = math.nan, "a" * 240, 10**9
RUN = PARAMS["runs"]["bimodal-ddim"]
DIGITS = PARAMS["runs"]["digits-ddim"]

VALUES = [  # a wrong value of one key, and what is said of it
    ("mnist/validation", -3, "mnist.validation: expected a whole number of at least 1"),
    ("mnist/validation", 4000, "mnist.validation: expected at least 10 and fewer than the 4,000 images"),
    ("mnist/validation", 9, "mnist.validation: expected at least 10 and fewer"),
    ("mnist/rare_share", 2, "mnist.rare_share: expected a number of at least 0 and below 1, found 2"),
    ("mnist/withhold", [11], "mnist.withhold: expected a list of at most 9, each a whole number of at least 0 and at most 9"),
    ("mnist/withhold", [*range(10)], "mnist.withhold: expected a list of at most 9"),
    ("mnist/withhold", [7, 7], "mnist.withhold: expected each value once"),
    ("mnist/origin", "folder", "mnist.folder: expected the place of the files, found nothing"),
    ("mnist/rotate", 5, "mnist.rotate: expected a whole number of at least -3 and at most 3"),
    ("folder/size", 0, "folder.size: expected a whole number of at least 1"),
    ("data/mine", {"source": "folder"}, "data.mine: folder.path: expected the place of the files"),
    ("bimodal/test", 1, "bimodal.test: expected a whole number of at least 32"),
    ("points/narrow", 0, "points.narrow: expected a number above 0"),
    ("points/narrow", 5.0, "points.narrow: expected less than wide, 4.0, found 5.0"),
    ("temperature/spread", NAN, "temperature.spread: expected a number of at least 0, found nan"),
    ("ratio/scale", NAN, "ratio.scale: expected a number, found nan"),
    ("ratio/scale", 1e9, "ratio.scale: expected at most 10,000,000 in size"),
    ("ratio/low", 60.0, "ratio.low: expected less than high, 50.0, found 60.0"),
    ("ratio_mlp/most", -30.0, "ratio_mlp.least: expected less than most"),
    ("runs/bimodal-ddim/n", 0, "runs.bimodal-ddim.n: expected a whole number of at least 2"),
    ("runs/bimodal-ddim/n", 1, "runs.bimodal-ddim.n: expected a whole number of at least 2"),
    ("runs/bimodal-ddim/n", -4, "runs.bimodal-ddim.n: expected a whole number of at least 2"),
    ("runs/digits-ddim/n", 3, "runs.digits-ddim.n: expected more than images.neighbours, 3, found 3"),
    ("runs/bimodal-ddim/seed", 2**80, "runs.bimodal-ddim.seed: expected a whole number of at least 0"),
    ("unet/batch", 0, "unet.batch: expected a whole number of at least 1"),
    ("unet/batch", BIG, "unet.batch: expected a whole number of at least 1 and at most 65536"),
    ("unet/lr", NAN, "unet.lr: expected a number of at least 0, found nan"),
    ("unet/lr", -1, "unet.lr: expected a number of at least 0, found -1"),
    ("unet/fold", 0, "unet.fold: expected a whole number of at least 1"),
    ("unet/fold", 3, "models.digits-ddpm: 28 pixels a side are no multiple of 12, see unet"),
    ("unet/small", [8] * 4, "models.digits-ddpm: 28 pixels a side are no multiple of 8, see unet"),
    ("unet/steps", -5, "unet.steps: expected a whole number of at least 0"),
    ("unet/steps", 0, "unet.steps: expected at least 1, or lr: 0.0"),
    ("unet/validations", 0, "unet.validations: expected a whole number of at least 1"),
    ("heun/steps", 0, "heun.steps: expected a whole number of at least 1"),
    ("dit/patch", 5, "models.digits-dit: 28 pixels a side are no multiple of 5, see dit"),
    ("dit/width", 150, "dit.width: expected a multiple of 4 x heads, 16, found 150"),
    ("dddm/m", 1, "dddm.m: expected at least 2 draws"),
    ("sampling/chunk", 0, "sampling.chunk: expected a whole number of at least 1"),
    ("images/resamples", 1, "images.resamples: expected a whole number of at least 2"),
    ("images/neighbours", 0, "images.neighbours: expected a whole number of at least 1"),
    ("images/neighbours", 99999, "runs.digits-ddim.n: expected more than images.neighbours, 99999, found 5000"),
    ("hamiltonian/step", 1e-9, "hamiltonian.step: expected at most 1,000,000 steps"),
    ("string/step", 2.0, "string.step: expected a number above 0 and below 2"),
    ("instanton/doublings", -1, "instanton.doublings: expected a whole number of at least 0"),
    ("few_steps/bimodal/steps", {"ddmi": [1]}, "few_steps.bimodal.steps: no sampler named 'ddmi'; did you mean 'ddim'?"),
    ("few_steps/bimodal/seeds", [0, 0], "few_steps.bimodal.seeds: expected each value once"),
    ("cfg/label", -2, "cfg.label: expected a whole number of at least -1"),
]  # fmt: skip

NAMES = [  # lists, sections and others where a name or a table is meant
    ("runs/bimodal-ddim/model", ["bimodal-ddpm"], "runs.bimodal-ddim.model: expected the name of an entry of models, found ['bimodal-ddpm']"),
    ("runs/bimodal-ddim/sampler", {"ddim": 3}, "runs.bimodal-ddim.sampler: expected the name of a file in src/scorefield/samplers, found {'ddim': 3}"),
    ("runs/bimodal-ddim/guidance", [], "runs.bimodal-ddim.guidance: expected the name of a file"),
    ("data/bimodal/source", {}, "data.bimodal.source: expected the name of a file"),
    ("models/digits-ddpm/schedule", [1], "models.digits-ddpm.schedule: expected the name of a noise schedule"),
    ("matching_guides/mnist-disc/study", [], "matching_guides.mnist-disc.study: expected the name of an entry of matching"),
    ("instability/mnist/trace", 4, "instability.mnist.trace: expected a section of keys, found 4"),
    ("guidance_sweep/mnist/variants", "ibg", "guidance_sweep.mnist.variants: expected a list"),
    ("runs", 5, "runs: expected a table of entries, found 5"),
    ("runs/bimodal-ddim", None, "runs.bimodal-ddim: expected an entry with the keys"),
    ("summary", [], "summary: expected a section of keys, found []"),
    ("plain", None, "plain: expected a section of keys, found None"),
    (f"runs/{LONG}", RUN, "a name is text of letters, digits, - and _, at most 100 of them"),
    ("runs/a b", RUN, "runs.a b: a name is text"),
    ("runs/../x", {"x": RUN}, "runs...: a name is text"),
]  # fmt: skip

ROLES = [  # data, models, guides and evaluators that do not fit
    ("models/digits-ddpm/data", "bimodal", "models.digits-ddpm.net: unet takes images; 'bimodal' are points"),
    ("models/bimodal-ddpm/data", "layouts", "models.bimodal-ddpm.net: mlp takes points; 'layouts' are layouts"),
    ("models/bimodal-flow/schedule", "cosine", "models.bimodal-flow.schedule: its objective needs linear, not cosine"),
    ("models/digits-ddpm/unet", {"flip": True}, "models.digits-ddpm: unet.flip is for natural images, not for 'digits'"),
    ("models/bimodal-flow/mlp", {"flip": True}, "models.bimodal-flow: mlp.flip is for natural images, not for 'bimodal'"),
    ("models/layouts-ddpm", PARAMS["models"]["layouts-ddpm"] | {"objective": "meanflow", "schedule": "linear"}, "models.layouts-ddpm.objective: it needs a network of two times; mlp_ensemble takes one"),
    ("runs/bimodal-edm/weights", "first", "runs.bimodal-edm.weights: expected one of"),
    ("runs/bimodal-edm/weights", 0.3, "runs.bimodal-edm.weights: expected one of"),
    ("models/digits-exact/objective", "classifier", "models.digits-exact.objective: it trains a classifier, and the network exact is a denoiser"),
    ("models/pairs-ratio-disc/data", "bimodal", "models.pairs-ratio-disc.data: a ratio needs pairs; 'bimodal' has none"),
    ("models/mnist-classifier", PARAMS["models"]["digits-exact"] | {"net": "convnet", "objective": "classifier", "convnet": {"classes": 3}}, "models.mnist-classifier: expected at least 10 classes, those of 'digits'; convnet.classes is 3"),
    ("models/bimodal-ddpm/submitted_model", {}, "models.bimodal-ddpm.submitted_model: unknown key"),
    ("models/mine", PARAMS["models"]["mnist-classifier"] | {"data": "photos"}, "models.mine.data: no data named 'photos'"),
    ("runs/bimodal-ddim/data", "digits", "runs.bimodal-ddim.model: 'bimodal-ddpm' is of points; 'digits' are images"),
    ("runs/bimodal-ddim/data", "layouts", "runs.bimodal-ddim.data: expected points or images; 'layouts' are layouts"),
    ("runs/bimodal-ddim/model", "digits-ddpm", "runs.bimodal-ddim.model: 'digits-ddpm' is of images; 'bimodal' are points"),
    ("runs/digits-ddim/model", "mnist-classifier", "runs.digits-ddim.model: expected a denoiser; 'mnist-classifier' is a classifier"),
    ("runs/digits-ddim/model", "mnist-ratio-disc", "runs.digits-ddim.model: expected a denoiser; 'mnist-ratio-disc' is a ratio"),
    ("runs/digits-ddim/evaluator", "digits-ddpm", "runs.digits-ddim.evaluator: expected a classifier; 'digits-ddpm' is a denoiser"),
    ("runs/bimodal-ddim/evaluator", "bimodal-ddpm", "runs.bimodal-ddim.evaluator: expected a model with net: exact and data: bimodal"),
    ("runs/bimodal-ddim/evaluator", "rare-exact", "runs.bimodal-ddim.evaluator: expected a model with net: exact and data: bimodal"),
    ("runs/digits-ddim/guidance", "cfg", "runs.digits-ddim.guidance: cfg needs a model that takes labels, not unet"),
    ("models/bimodal-ddpm/objective", "dddm", "runs.bimodal-heun: heun needs a posterior mean, and 'bimodal-ddpm' draws"),
    ("runs/bimodal-dddm/guidance", "ibg", "runs.bimodal-dddm: ibg needs a posterior mean"),
    ("runs_with_guide/mnist-ratio-disc/data", "digits", "runs_with_guide.mnist-ratio-disc.data: expected data with pairs; 'digits' has none"),
    ("runs_with_guide/mnist-ratio-disc/guide", "mnist-unet", "runs_with_guide.mnist-ratio-disc.guide: expected a ratio; 'mnist-unet' is a denoiser"),
    ("models/digits-ratio-exact/schedule", "linear", "matching_guides.mnist-exact.guide: expected the schedule of 'mnist-unet'"),
    ("matching/mnist/data", "digits", "matching.mnist.data: expected data with pairs; 'digits' has none"),
    ("matching/pairs/joint", "pairs-ratio-disc", "matching.pairs.joint: expected a ratio with condition: same_t"),
    ("instability/mnist/control", "digits-ddpm", "instability.mnist.control: expected a model with net: exact"),
    ("instability/layouts/data", "bimodal", "instability.layouts.data: expected layouts or images; 'bimodal' are points"),
    ("paths/mnist/evaluator", "digits-exact", "paths.mnist.evaluator: expected a classifier; 'digits-exact' is a denoiser"),
    ("guidance_sweep/layouts/evaluator", "layouts-ddpm", "guidance_sweep.layouts.evaluator: expected a model with net: exact"),
]  # fmt: skip


@pytest.mark.parametrize("path, value, said", [*VALUES, *NAMES, *ROLES])
def test_what_does_not_fit_is_a_line_with_its_key(path, value, said):
    found = broken(path, value)
    assert any(said in line for line in found), found
    assert all("\n" not in line and len(line) <= 500 for line in found)


@pytest.mark.parametrize("size", [32, 64])
def test_images_of_another_size_are_told_before_anything_is_sampled(size):
    params = changed("data/photos", {"source": "folder", "folder": {"path": "x", "size": size}})
    params["runs"]["digits-ddim"]["data"] = "photos"
    said = f"runs.digits-ddim.model: 'digits-ddpm' is for images of (1, 28, 28), not of (3, {size}, {size})"
    assert said in problems(params)


def test_a_method_that_states_nothing_of_itself_is_held_against_nothing(tmp_path, monkeypatch):
    from scorefield.pipeline import facts

    unstated = facts.constants
    monkeypatch.setattr(facts, "constants", lambda file: {} if "unet" in file else unstated(file))
    assert broken("models/digits-ddpm/data", "digits-pairs") == []
    assert broken("models/digits-ddpm/objective", "ddpm") == []


def test_samples_of_a_file_need_no_denoiser():
    known = {"guidance": "submitted_samples", "submitted_samples": {"file": "x", "sha256": "0"}}
    entry = (
        PARAMS["runs"]["digits-ddim"] | known | {"model": "mnist-classifier", "ddim": {"steps": 1}}
    )
    params = changed("runs/theirs", entry)
    params["submitted_samples"] = {}
    assert list(problems(params)) == []


COLLISIONS = [
    ("runs/layouts-instability", DIGITS, "instability.layouts: it writes samples/layouts-instability.safetensors, as runs.layouts-instability does"),
    ("runs/mnist-paths", DIGITS, "paths.mnist: it writes samples/mnist-paths.safetensors, as runs.mnist-paths does"),
    ("runs/Bimodal-DDIM", RUN, "as runs.bimodal-ddim does"),
    ("paths/mnist-convergence", PARAMS["paths"]["mnist"], "metrics/paths/mnist-convergence.csv"),
    ("matching_guides/pair", PARAMS["matching_guides"]["mnist-disc"], "samples/mnist-matching/pair.safetensors, as matching.mnist"),
]  # fmt: skip


@pytest.mark.parametrize("path, value, said", COLLISIONS)
def test_two_entries_that_write_one_file_are_told_with_the_file(path, value, said):
    assert list(output_problems(PARAMS, str(ROOT / "dvc.yaml"))) == []
    found = list(output_problems(changed(path, value), str(ROOT / "dvc.yaml")))
    assert found and any(said in line for line in found), found
    assert all(line.endswith("choose another name") for line in found)


FILES = {  # what stands in params.yaml, and what is said
    "a list": b"- 1\n- 2\n",
    "a word": b"hello\n",
    "no YAML": b"runs: [\n",
    "two keys": b"runs: {}\nruns: {}\n",
    "bytes": b"\xff\xfe\x00runs",
    "nothing": b"",
    "a loop": b"runs: &a\n  b: *a\n",
    "a tag": b"runs: !!python/object/apply:os.system [true]\n",
    "a number": b"seed: !!int a\n",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_file_that_is_no_table_of_parameters_is_told_line_by_line(content, tmp_path):
    file = tmp_path / "params.yaml"
    file.write_bytes(content)
    found = every_problem(str(file))
    assert found and all(line.startswith(f"{file}: ") and "\n" not in line for line in found)
    assert file.read_bytes() == content


def test_names_that_are_no_text_and_missing_tables_are_told():
    params = copy.deepcopy(PARAMS)
    params["runs"][1] = RUN
    del params["images"]
    assert list(problems(params)) == [
        "images: missing; expected a section",
        "runs.1: a name is text of letters, digits, - and _, at most 100 of them",
    ]
