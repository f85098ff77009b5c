"""Whatever ends a stage is one line: Ctrl-C, wrong arguments, unreadable files, mistakes of ours."""

import gzip
import json
import math
import os
import re
import signal
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image

from scorefield import command
from scorefield.core.errors import InputError
from scorefield.data.cifar10 import records
from scorefield.data.folder import folder
from scorefield.data.mnist import MD5, mnist
from scorefield.pipeline import files
from scorefield.pipeline.stage_code import networks
from tests.helpers.project import ENV, ROOT
from tests.pipeline.test_image_files import OWN, own_images


@pytest.fixture
def stage(tmp_path):
    """What is printed by a stage with this body, how it ended, and what it kept of errors."""

    def run(body: str, *arguments: str, **env: str) -> tuple[str, int, list[Path]]:
        file = tmp_path / "stages/one.py"
        file.parent.mkdir(exist_ok=True)
        head = '"""A stage. Usage: python stages/one.py NAME"""\n'
        file.write_text(f"{head}from scorefield.command import command\n{body}\ncommand(main)\n")
        found = subprocess.run(
            [sys.executable, "stages/one.py", *arguments],
            cwd=tmp_path,
            env=ENV | {"PYTHONPATH": str(ROOT / "src")} | env,
            capture_output=True,
            text=True,
        )
        kept = sorted((tmp_path / ".scratch/errors").glob("*"))
        return found.stdout + found.stderr, found.returncode, kept

    return run


ENDS = [  # the body of a stage, and its line
    ("def main(): 1 / 0", r"error: ZeroDivisionError in one\.py, line 3: division by zero; its trace is in \.scratch/errors/one\.log\n"),
    ("raise ValueError('a\\nb' * 900)", r"error: ValueError in one\.py, line 3: (a b)?[ab ]{190,200}; its trace is in \.scratch/errors/one\.log\n"),
    ("open('nowhere')", r"error: nowhere: No such file or directory; its trace is in \.scratch/errors/one\.log\n"),
    ("raise MemoryError", r"error: out of memory; a smaller batch, or a smaller sampling\.chunk, needs less; its trace .*\n"),
    ("from scorefield.core.errors import InputError\nraise InputError('n: expected 2')", r"error: n: expected 2\n"),
    ("import nothing_of_that_name", r"error: ModuleNotFoundError in one\.py, line 3: No module named 'nothing_of_that_name'; its trace .*\n"),
    ("raise KeyboardInterrupt", r"interrupted: what had been finished is kept, and `dvc repro` goes on from here\n"),
]  # fmt: skip


@pytest.mark.parametrize("body, line", ENDS)
def test_whatever_ends_a_stage_is_one_line_and_a_mistake_keeps_its_trace(body, line, stage):
    said, status, kept = stage(body)
    assert re.fullmatch(line, said) and status != 0
    assert [file.name for file in kept] == (["one.log"] if "its trace" in said else [])
    assert all("Traceback" in file.read_text() for file in kept)


def test_wrong_arguments_are_one_line_with_the_usage(stage):
    usage = "; usage: python stages/one.py NAME\n"
    said, status, _ = stage("def main(name): ...")
    assert status == 1
    assert said == f"error: missing a required argument: 'name', found no argument{usage}"
    said, _, _ = stage("def main(name): ...", "a", "b")
    assert said == f"error: too many positional arguments, found a b{usage}"


def test_a_trace_that_cannot_be_kept_changes_nothing_else(stage, tmp_path):
    (tmp_path / ".scratch").write_text("a file where the folder should be")
    said, _, _ = stage("1 / 0")
    assert said.endswith("division by zero; its trace could not be kept (Not a directory)\n")


def test_every_stage_of_the_project_begins_at_the_boundary():
    for file in sorted((ROOT / "stages").glob("*.py")):
        ours = re.findall(r"^(?:from|import) (scorefield\S*)", file.read_text(), re.M)
        assert ours[0] == "scorefield.command", file
        assert "    command(main)\n" in file.read_text(), file


def test_ctrl_c_is_one_line_while_libraries_load(tmp_path):
    code = "from scorefield.command import command\nprint('on', flush=True)\nimport time\ntime.sleep(60)"
    started = subprocess.Popen(
        [sys.executable, "-c", code], env=ENV | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert started.stdout.readline() == "on\n"
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert said == f"{command.INTERRUPTED}\n" and started.returncode == -signal.SIGINT


def test_without_git_the_line_says_git_init(tmp_path, monkeypatch):
    from dvc.repo import Repo

    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    with pytest.raises(Exception, match="not a git repository") as caught:
        Repo(str(tmp_path))
    assert command.explained(caught.value).endswith(f"is not a git repository; {command.NO_GIT}")


def refused(call, *said: str) -> None:
    """Assert that a call is refused in one line that says all this."""
    with pytest.raises(InputError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line and all(each in line for each in said), line


def test_no_json_holds_nan(tmp_path, capsys):
    file, value = tmp_path / "a.json", {"a": {"b": math.nan, "c": 1.23456789}, "d": [1.0, math.inf]}
    files.save_json(file, value)
    assert json.loads(file.read_text()) == {"a": {"c": 1.23457}, "d": [1.0, None]}
    assert capsys.readouterr().out == f"{file}: a: b is nan: left out\n"
    file.write_text('{"fid": NaN}')
    refused(lambda: files.load_json(file), "a.json: expected JSON, but it holds NaN")


def as_directory(path: Path) -> None:
    path.mkdir()


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_garbage(path: Path) -> None:
    path.write_bytes(b"\x00\xff garbage")


READERS = {
    "a.json": files.load_json,
    "a.csv": files.load_table,
    "a.safetensors": files.load_tensors,
}


@pytest.mark.parametrize("make", [as_directory, as_pipe, as_garbage, None])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_of_its_kind_is_told(name, make, tmp_path):
    if make is not None:
        make(tmp_path / name)
    if name == "a.csv" and make is as_garbage:
        pytest.skip("a table of one odd column")
    refused(lambda: READERS[name](tmp_path / name), name)


@pytest.mark.parametrize(
    "config",
    ["[]", "3", "{}", '{"_scorefield": []}', '{"_scorefield": {"net": "mlp"}}', "{", "NaN"],
)
def test_a_config_that_is_none_of_a_model_is_told(config, tmp_path):
    (tmp_path / "config.json").write_text(config)
    refused(lambda: files.load_model(tmp_path), str(tmp_path))
    if "net" not in config:
        entry = {"net": "submitted_model", "submitted_model": {"folder": str(tmp_path)}}
        refused(lambda: networks(entry), "config.json")


def flawed_gzip() -> bytes:
    """A .gz whose header is right and whose compressed data are not."""
    whole = bytearray(gzip.compress(os.urandom(5000)))
    whole[10:60] = b"\xff" * 50
    with pytest.raises(zlib.error):
        gzip.decompress(whole)
    return bytes(whole)


@pytest.mark.parametrize(
    "make", [as_directory, as_pipe, lambda path: path.write_bytes(flawed_gzip())]
)
def test_a_file_of_mnist_or_cifar_that_cannot_be_read_is_told(make, tmp_path):
    path = tmp_path / f"{next(iter(MD5))}.gz"
    make(path)
    refused(lambda: mnist(origin="folder", folder=str(tmp_path)), path.name)
    make(tmp_path / "test_batch.bin")
    refused(lambda: records(tmp_path / "test_batch.bin"), "test_batch.bin: expected")


def huge_png(path: Path) -> None:
    """The header of a PNG of 30,000 x 30,000."""
    Image.new("L", (1, 1)).save(path)
    whole = bytearray(path.read_bytes())
    whole[16:24] = (30_000).to_bytes(4, "big") * 2
    whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize("make, said", [
    (huge_png, "exceeds limit"), (as_directory, "found a directory"),
    (as_pipe, "found something else"), (as_garbage, "cannot identify"),
])  # fmt: skip
def test_what_is_no_image_of_a_folder_is_told_and_nothing_waits(make, said, tmp_path):
    own_images(tmp_path / "pets")
    (tmp_path / "pets/cat/3.png").unlink()
    make(tmp_path / "pets/cat/3.png")
    refused(lambda: folder(path=str(tmp_path / "pets"), **OWN), "3.png", said)


def test_a_zip_that_is_encrypted_and_a_pipe_in_its_place_are_told(tmp_path):
    own_images(tmp_path / "pets")
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((tmp_path / "pets").rglob("*.png")):
            archive.write(file, file.relative_to(tmp_path / "pets"))
    whole = bytearray(path.read_bytes())
    for sign, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # bit 0 of the flags: encrypted
        for found in re.finditer(re.escape(sign), bytes(whole)):
            whole[found.start() + flag] |= 1
    path.write_bytes(bytes(whole))
    refused(lambda: folder(path=str(path), **OWN), ".png: expected a whole image file", "encrypted")
    as_pipe(tmp_path / "pipe.zip")
    refused(lambda: folder(path=str(tmp_path / "pipe.zip"), **OWN), "found something else")


def test_fewer_images_than_classes_and_no_folder_are_told(tmp_path):
    own_images(tmp_path / "pets")
    path = str(tmp_path / "pets")
    refused(lambda: folder(path=path, **(OWN | {"test": 1})), "test: expected at least 2 images")
    refused(lambda: folder(path=path, **(OWN | {"test": 20})), "fewer than 20")
    refused(lambda: folder(path=path, **(OWN | {"validation": 1})), "validation: expected at least")
    refused(lambda: mnist(validation=4000), "validation: expected at least 10 images")
    refused(lambda: folder(path="", **OWN), "folder.path: expected a folder or zip")


def test_memory_that_is_full_is_told_as_that():
    for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")):
        assert command.explained(error).startswith(command.MEMORY)
