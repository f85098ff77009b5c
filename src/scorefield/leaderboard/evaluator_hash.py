"""The hash of everything that decides the scores of a run, apart from its samples."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from scorefield.pipeline import params
from scorefield.pipeline.code_hash import SOURCE, fingerprint
from scorefield.pipeline.files import WEIGHTS, load_config, load_tensors


def evaluator_hash(spec: dict[str, Any]) -> str:
    """The hash of the run's real images, its evaluator, the code of both and the numbers of the
    evaluation; 12 hexadecimal digits."""
    evaluator, known = (
        Path("models", spec["evaluator"]),
        load_tensors(f"data/{spec['data']}.safetensors"),
    )
    config = load_config(evaluator)
    net = config.get("numbers", {}).get("resolved", config)["net"]
    code = fingerprint(SOURCE / "metrics/evaluators.py", SOURCE / f"nets/{net}.py")
    numbers = repr(sorted(params.section("images").items()))
    parts = [(evaluator / name).read_bytes() for name in ("config.json", WEIGHTS)]
    parts += [code.encode(), numbers.encode()]
    parts += [known[key].numpy().tobytes() for key in sorted(known)]
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()[:12]
