"""What scored a run: the hash of everything that decides its scores beside its samples."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.files import WEIGHTS, load_json, load_tensors
from scorefield.lab.closure import SOURCE, fingerprint


def evaluator(spec: dict[str, Any]) -> str:
    """The hash of the run's real images, its judge, the code of both and the numbers of the
    evaluation; 12 hexadecimal digits."""
    judge, known = Path("models", spec["judge"]), load_tensors(f"data/{spec['data']}.safetensors")
    net = load_json(judge / "config.json")["_scorefield"]["net"]
    parts = [(judge / name).read_bytes() for name in ("config.json", WEIGHTS)]
    parts.append(fingerprint(SOURCE / "metrics/images.py", SOURCE / f"nets/{net}.py").encode())
    parts += [known[key].numpy().tobytes() for key in sorted(known)]
    parts.append(repr(sorted(params.section("images").items())).encode())
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()[:12]
