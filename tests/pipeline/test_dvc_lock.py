"""Reading dvc.lock while DVC writes it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dvc.repo import Repo

from scorefield.pipeline.dvc_lock import read_lock
from tests.helpers.project import run


@pytest.mark.filterwarnings("ignore")
def test_dvc_lock_is_read_when_no_other_process_writes_it(tmp_path, monkeypatch):
    """Here it is empty, then half written, for longer than a reader would guess."""
    monkeypatch.chdir(tmp_path)
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "dvc", "init", "-q")
    lock, begun = Path("dvc.lock"), threading.Event()
    text = "schema: '2.0'\nstages:\n  first:\n    cmd: python first.py\n"

    def written():
        with Repo() as repo, repo.lock:
            lock.touch()
            begun.set()
            for piece in (text[:20], text[20:45], text[45:]):
                time.sleep(0.7)
                lock.write_text(lock.read_text() + piece)

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(written)
        begun.wait(60)
        assert read_lock() == {"schema": "2.0", "stages": {"first": {"cmd": "python first.py"}}}
        writer.result()
