"""Servers on the loopback, for tests of what others keep for us, each until its block ends."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

HOST = "127.0.0.1"
BIN = Path(sys.executable).parent
ID, SECRET = token_hex(), token_hex()
Settings = tuple[dict[str, str], dict[str, str]]  # of a remote: for git, and secrets


def needed(program: str) -> str:
    """Where a program is; a test that needs one that is not there is skipped."""
    return shutil.which(program, path=f"/usr/sbin:/usr/bin:/usr/local/bin:{BIN}") or pytest.skip(
        f"{program} is not installed"
    )


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return taken.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex((HOST, port)) == 0


@contextmanager
def serving(place: Path, port: int, *command: str) -> Iterator[subprocess.Popen]:
    """A server that answers on a port; what it says is in place/log."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "log").open("a") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert server.poll() is None and time.monotonic() < deadline, (
                place / "log"
            ).read_text()
            time.sleep(0.1)
        yield server
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@contextmanager
def directory(place: Path) -> Iterator[Settings]:
    yield {"url": str(place / "cache")}, {}


@contextmanager
def s3(place: Path) -> Iterator[Settings]:
    import boto3

    port, secrets = free_port(), {"access_key_id": ID, "secret_access_key": SECRET}
    with serving(place, port, needed("moto_server"), "-H", HOST, "-p", str(port)):
        keys = {"aws_access_key_id": ID, "aws_secret_access_key": SECRET}
        url = f"http://{HOST}:{port}"
        boto3.client("s3", "us-east-1", endpoint_url=url, **keys).create_bucket(Bucket="lab")
        yield {"url": "s3://lab/cache", "endpointurl": url, "region": "us-east-1"}, secrets


@contextmanager
def webdav(place: Path) -> Iterator[Settings]:
    port, password = free_port(), SECRET
    (place / "kept/cache").mkdir(parents=True)
    access = ["--addr", f"{HOST}:{port}", "--user", "lab", "--pass", password]
    with serving(place, port, needed("rclone"), "serve", "webdav", str(place / "kept"), *access):
        yield {"url": f"webdav://{HOST}:{port}/cache", "user": "lab"}, {"password": password}


@contextmanager
def ssh(place: Path) -> Iterator[Settings]:
    port, sshd = free_port(), needed("sshd")
    (place / "cache").mkdir(parents=True)
    for name in ("host", "lab"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)]
        subprocess.run(make, check=True)
    settings = {
        "Port": port, "ListenAddress": HOST, "HostKey": place / "host",
        "AuthorizedKeysFile": place / "lab.pub", "PasswordAuthentication": "no", "UsePAM": "no",
        "StrictModes": "no", "Subsystem": "sftp internal-sftp", "PidFile": place / "pid",
    }  # fmt: skip
    (place / "sshd_config").write_text("".join(f"{k} {v}\n" for k, v in settings.items()))
    Path("/run/sshd").mkdir(exist_ok=True)
    with serving(place, port, sshd, "-D", "-e", "-f", str(place / "sshd_config")):
        url = f"ssh://{HOST}:{port}{place / 'cache'}"
        yield {"url": url, "user": getpass.getuser()}, {"keyfile": str(place / "lab")}


@contextmanager
def mlflow(place: Path, port: int) -> Iterator[str]:
    store = ["--backend-store-uri", f"sqlite:///{place}/mlflow.db", "--artifacts-destination"]
    command = ["server", *store, str(place / "artifacts"), "--host", HOST, "--port", str(port)]
    with serving(place, port, str(BIN / "mlflow"), *command, "--workers", "1"):
        yield f"http://{HOST}:{port}"
