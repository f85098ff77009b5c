"""The hash by which DVC knows a file."""

from hashlib import md5
from pathlib import Path

from scorefield.pipeline.files import content


def dvc_hash(path: str | Path) -> str:
    """The MD5 of a file, in hexadecimal digits. Raises InputError where it cannot be read."""
    return md5(content(path), usedforsecurity=False).hexdigest()
