"""Put the current tables and the graph into README.md. Usage: python stages/readme.py"""

import json
import re
import subprocess
from pathlib import Path

import pandas

SPEED = """| against | plain | here | ratio |
|---|---:|---:|---:|
| a float32 loop over the same `UNet2DModel`, ms a step | {train_plain_ms:.0f} | {train_ours_ms:.0f} | {train_speedup:.1f} |
| the same with attention | {train_attention_plain_ms:.0f} | {train_attention_ours_ms:.0f} | {train_attention_speedup:.1f} |
| diffusers' `DDIMPipeline`, same weights and noise, 256 images in 25 steps, s | {sample_plain_s:.1f} | {sample_ours_s:.1f} | {sample_speedup:.1f} |
| peak memory of training beyond data and imports, MiB | {memory_plain_mib:.0f} | {memory_ours_mib:.0f} | {memory_ratio:.1f} |
| FID after {layout_seconds} s of training: block layout of diffusers' unconditional example at a quarter of its widths | {layout_example_fid:.0f} | {layout_ours_fid:.0f} | |

A training step reaches {train_peak_share:.0%} of the measured bfloat16 matrix peak ({machine}). In float32 the samples differ from the
pipeline's by {sample_max_gap_float32:.0e} at most; in bfloat16 by {sample_mean_gap_bfloat16:.0e} in the mean, of a scale from 0 to 1.
"""  # noqa: E501


def spliced(text: str, mark: str, content: str) -> str:
    """The text with what lies between a pair of marks replaced."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}\n{content.strip()}\n\n{m[2]}", text, flags=re.S)


def graph() -> str:
    command = ["dvc", "dag", "--md", "--collapse-foreach-matrix"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def speed() -> str:
    found = json.loads(Path("benchmarks/results.json").read_text())
    return SPEED.format(**found, memory_ratio=found["memory_plain_mib"] / found["memory_ours_mib"])


def curve(name: str, score: str) -> str:
    table = pandas.read_csv(f"metrics/curves/{name}.csv")
    wide = table.pivot_table(score, ["model", "sampler"], "steps", sort=False)
    return wide.reset_index().to_markdown(index=False, floatfmt=".3g")


def rare() -> str:
    """Hits of the rare mode and junk, with their standard errors, per run."""
    rows = ["| run | hits the rare mode | junk, outside of every mode |", "|---|---:|---:|"]
    for name in ("rare-ddim", "rare-ibg", "rare-random", "rare-minus-score"):
        found = json.loads(Path(f"metrics/runs/{name}.json").read_text())
        cells = (f"{found[key]:.3f} ± {found[key + '_se']:.3f}" for key in ("hit", "junk"))
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    path = Path("README.md")
    text = spliced(path.read_text(), "leaderboard", Path("metrics/leaderboard.md").read_text())
    text = spliced(text, "speed", speed())
    text = spliced(text, "digits", "FID by steps:\n\n" + curve("digits", "fid"))
    text = spliced(text, "bimodal", "Squared MMD by steps:\n\n" + curve("bimodal", "mmd2"))
    text = spliced(text, "rare", rare())
    path.write_text(spliced(text, "graph", graph()))


if __name__ == "__main__":
    main()
