"""The front door: `import scorefield as sf`, from an empty folder."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

import scorefield as sf
from scorefield.core.registry import methods
from tests.helpers.project import ENV, ROOT

KINDS = ("data", "guidance", "instability", "paths", "samplers")
ALONE = {key: value for key, value in ENV.items() if key != "PYTHONPATH"}


def python(folder: Path, code: str) -> str:
    """What a program prints that runs in a folder, with the package as pip installed it."""
    given = {"cwd": folder, "env": ALONE, "capture_output": True, "text": True, "timeout": 600}
    done = subprocess.run([sys.executable, "-c", code], **given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocks(page: str) -> str:
    """The Python of a page, as one program."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S))


def save_pipeline(folder: Path) -> None:
    """A pipeline as diffusers saves it, with random weights."""
    torch.manual_seed(0)
    sides = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    size = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
    net = UNet2DModel(16, 1, 1, **sides, **size)
    DDPMPipeline(net, DDPMScheduler()).save_pretrained(folder)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "my-pipeline"
    save_pipeline(folder)
    return folder


def listed(file: Path) -> set[str]:
    """The names that a file imports for type checkers."""
    (guarded,) = (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.If))
    imports = [node for node in guarded.body if isinstance(node, ast.ImportFrom)]
    return {name.asname for node in imports for name in node.names}


# names


def test_importing_loads_no_torch(tmp_path):
    python(tmp_path, "import sys, scorefield as sf; dir(sf); assert 'torch' not in sys.modules")


def test_every_name_is_there_is_documented_and_is_known_to_type_checkers():
    page = (ROOT / "docs/library.md").read_text()
    assert listed(ROOT / "src/scorefield/__init__.py") == set(dir(sf))
    for name in dir(sf):
        assert vars(sf).get(name, sf.__getattr__(name)).__doc__, name
        assert f"`{name}" in page, name
    with pytest.raises(AttributeError, match="nothing named 'sampel'"):
        sf.__getattr__("sampel")


@pytest.mark.parametrize("kind", KINDS)
def test_a_namespace_has_the_methods_of_its_folder_and_the_page_tells_them(kind):
    page, namespace = (ROOT / "docs/library.md").read_text(), sf.__getattr__(kind)
    assert tuple(dir(namespace)) == methods(kind)
    assert listed(Path(namespace.__file__)) <= set(methods(kind))
    for name in methods(kind):
        assert f"`{kind}.{name}" in page, name


def test_the_page_tells_every_metric():
    page = (ROOT / "docs/library.md").read_text()
    assert all(f"`metrics.{name}" in page for name in dir(sf.metrics))


def test_a_method_is_its_function_whether_or_not_its_file_was_imported_before(tmp_path):
    python(
        tmp_path,
        """
import scorefield as sf
first = sf.guidance.ibg
import scorefield.guidance.ibg
import scorefield.guidance.cfg
from scorefield.guidance.ibg import ibg
from scorefield.guidance.cfg import cfg
from scorefield.guidance import mue
assert sf.guidance.ibg is first is ibg and sf.guidance.cfg is cfg and callable(mue)
""",
    )


def test_an_unknown_method_is_told_with_the_nearest_name():
    with pytest.raises(AttributeError, match="did you mean 'ibg'"):
        sf.guidance.__getattr__("ibgg")


# the pages


@pytest.mark.parametrize("page", ["README.md", "docs/library.md"])
def test_the_code_of_a_page_runs_in_an_empty_folder(page, tmp_path, pipeline):
    (tmp_path / "my-pipeline").symlink_to(pipeline)
    python(tmp_path, blocks(page))
    drawn = re.findall(r"!\[.*?\]\((library-.*?)\)", (ROOT / page).read_text())
    assert all((tmp_path / name).exists() and (ROOT / "docs" / name).exists() for name in drawn)


def test_a_task_takes_ten_lines_at_most():
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs/library.md").read_text(), re.S):
        assert len([line for line in block.splitlines() if line]) <= 10


# a pipeline of others


def test_of_a_pipeline_there_are_maps_steered_samples_and_paths(pipeline):
    d = sf.from_diffusers(pipeline)
    images = sf.sample(d, n=2, steps=2)
    heat = sf.instability.trace(d, d.schedule.add_noise(images, 0.3, seed=0), 0.3, per_pixel=True)
    steered = sf.sample(sf.guidance.ibg(d, scale=0.05, spread=5.0), n=2, sampler="heun", steps=2)
    path = sf.paths.instanton(d, *images, noise=0.5, nodes=16, iterations=1, doublings=0)
    for found in (heat, steered, path.clean[:2]):
        assert found.shape == images.shape and found.isfinite().all()
    assert not torch.equal(steered, sf.sample(d, n=2, sampler="heun", steps=2))
