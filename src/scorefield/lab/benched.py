"""The tables of what `make bench` measured on this machine."""

from pathlib import Path
from typing import Any

from scorefield.core import params
from scorefield.core.files import load_json, save_json

RESULTS = Path("benchmarks/results.json")
SPEED = """| against | plain | here | ratio |
|---|---:|---:|---:|
| a float32 loop over the same `UNet2DModel`, ms a step | {train_plain_ms:.0f} | {train_ours_ms:.0f} | {train_speedup:.1f} |
| the same with attention | {train_attention_plain_ms:.0f} | {train_attention_ours_ms:.0f} | {train_attention_speedup:.1f} |
| diffusers' `DDIMPipeline`, same weights and noise, 256 images in 25 steps, s | {sample_plain_s:.1f} | {sample_ours_s:.1f} | {sample_speedup:.1f} |
| the transformer's step where freed memory goes back to the system, as glibc has it, ms | {kept[digits-dit][plain]:.0f} | {kept[digits-dit][kept]:.0f} | {kept[digits-dit][ratio]:.1f} |
| peak memory of training beyond data and imports, MiB | {memory_plain_mib:.0f} | {memory_ours_mib:.0f} | {memory_ratio:.1f} |
| FID after {layout_seconds} s of training: block layout of diffusers' unconditional example at a quarter of its widths | {layout_example_fid:.0f} | {layout_ours_fid:.0f} | |

In the first three rows both sides share a process, which keeps freed memory for both. A training step reaches {train_peak_share:.0%} of the measured bfloat16 matrix peak ({machine}).
In float32 the samples differ from the pipeline's by {sample_max_gap_float32:.0e} at most; in bfloat16 by {sample_mean_gap_bfloat16:.0e} in the mean, of a scale from 0 to 1.
"""  # noqa: E501

CONTEST = {  # run -> what it is
    "digits-ddim": "U-Net, averages",
    "digits-dit": "transformer, averages",
    "digits-dddm": "U-Net, draws",
    "digits-dit-dddm": "transformer, draws",
}


def keep(**found: Any) -> None:
    """Put figures beside what was measured before."""
    save_json(RESULTS, (load_json(RESULTS) if RESULTS.exists() else {}) | found)


def speed() -> str:
    found = load_json(RESULTS)
    return SPEED.format(**found, memory_ratio=found["memory_plain_mib"] / found["memory_ours_mib"])


def contest() -> str:
    """Networks and objectives on digits at equal training time, with their FID."""
    timed, lines = load_json(RESULTS), []
    for run, what in CONTEST.items():
        spec = params.entry("runs", run)
        model = load_json(f"metrics/models/{spec['model']}.json")
        scores = load_json(f"metrics/runs/{run}.json")
        seconds = timed[f"contest_{spec['model']}_s"]
        lines.append(
            f"| `{run}`: {what} | {model['parameters'] / 1e6:.2f} M | {seconds:.0f} | "
            f"{scores['nfe']} | {scores['fid']:.3g} ({scores['fid_low']:.3g} to "
            f"{scores['fid_high']:.3g}) | {scores['precision']:.3f} | {scores['recall']:.3f} |"
        )
    head = "| run | parameters | training, s | evaluations | FID (95 %) | precision | recall |\n"
    return head + "|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(lines)


def ranks() -> str:
    """Two processes against one on the same cores."""
    found = load_json(RESULTS)["ranks"]
    names = {"train": "20 training steps", "sample": "256 samples in 10 steps"}
    names |= {"map": "every score of a map at 256 images"}
    lines = [
        f"| {what} | {found[f'{key}_one_s']:.3g} | {found[f'{key}_two_s']:.3g} | "
        f"{found[f'{key}_speedup']:.2f} |"
        for key, what in names.items()
    ]
    head = f"| U-Net of the digits, {found['cores']} cores | one process, s | two, s | ratio |\n"
    return head + "|---|---:|---:|---:|\n" + "\n".join(lines)


def scale() -> str:
    """What scoring costs by the number of samples."""
    rows = load_json(RESULTS)["scale"]
    lines = [
        f"| {row['samples']:,} | {row['seconds']:.0f} | {row['peak_mib']:,.0f} |" for row in rows
    ]
    return "| samples | s | peak, MiB |\n|---:|---:|---:|\n" + "\n".join(lines)


def overhead() -> str:
    """What DVC costs."""
    return (
        "A `dvc repro` with nothing to do takes {idle_s:.1f} s. A stage takes {stage_s:.1f} s, of "
        "which its own script is {alone_s:.1f} s (importing torch alone {import_torch_s:.1f} s); "
        "the rest is DVC, mostly writing `dvc.lock` ({lock_lines:,} lines) anew."
    ).format(**load_json(RESULTS)["overhead"])
