"""What scored a run: the hash of everything that decides its scores beside its samples."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.files import WEIGHTS, load_json, load_tensors
from scorefield.lab.closure import SOURCE, fingerprint


def evaluator_hash(spec: dict[str, Any]) -> str:
    """The hash of the run's real images, its judge, the code of both and the numbers of the
    evaluation; 12 hexadecimal digits."""
    judge, known = Path("models", spec["judge"]), load_tensors(f"data/{spec['data']}.safetensors")
    net = load_json(judge / "config.json")["_scorefield"]["net"]
    code = fingerprint(SOURCE / "metrics/evaluators.py", SOURCE / f"nets/{net}.py")
    numbers = repr(sorted(params.section("images").items()))
    parts = [(judge / name).read_bytes() for name in ("config.json", WEIGHTS)]
    parts += [code.encode(), numbers.encode()]
    parts += [known[key].numpy().tobytes() for key in sorted(known)]
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()[:12]
