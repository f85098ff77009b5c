"""Which commit holds a result."""

import subprocess
from collections.abc import Sequence


def git(*command: str) -> str:
    """The output of a git command; nothing where there is no repository."""
    done = subprocess.run(["git", *command], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def head() -> str:
    """The commit that is checked out; empty where there is none."""
    return git("rev-parse", "--verify", "-q", "HEAD")


def result_commits(files: Sequence[str]) -> dict[str, str]:
    """The commit that last changed each file; those whose present content is in no commit are
    missing."""
    if not files:
        return {}
    changed = git("diff", "--name-only", "--relative", "-z", "HEAD", "--", *files).split("\0")
    found = {file: git("log", "-1", "--format=%H", "--", file) for file in files}
    return {file: commit for file, commit in found.items() if commit and file not in changed}
