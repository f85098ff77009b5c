"""The findings of this project: pictures, and the claims that each one shows, with their verdicts.

Every number of a finding is that of a claim in metrics/claims.json
(tests/pipeline/test_findings.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from report.claims import Measured, claims, of_study, sentence
from report.results import available, figures
from scorefield.pipeline import params


@dataclass(frozen=True)
class Finding:
    """A picture, what it shows without numbers, the claims that it is about, and the command that
    makes it."""

    title: str
    picture: str
    shows: str
    claims: tuple[Measured, ...]
    command: str

    @property
    def text(self) -> str:
        """What the picture shows, and each claim with its verdict."""
        return " ".join([self.shows, *map(sentence, self.claims)])


def named(*names: str) -> tuple[Measured, ...]:
    """The claims of these ids, without those that the stage `claims` had no figures for."""
    found = {each["id"]: each for each in claims()}
    return tuple(found[name] for name in names if name in found)


def run(title: str, name: str, shows: str, *ids: str) -> Finding:
    """A finding with the picture of a run. Raises NoEntry for a run that was deleted."""
    params.run(name)
    picture = f"plots/runs/{name}.png"
    return Finding(title, picture, shows, named(*ids), f"dvc repro evaluate@{name}")


def study(
    title: str, table: str, name: str, picture: str, shows: str, claims: Sequence[Measured]
) -> Finding:
    """A finding with a picture of an entry of a study. Raises NoEntry for one that was deleted."""
    params.entry(table, name)
    place = f"plots/{table}/{picture}.png"
    return Finding(title, place, shows, tuple(claims), f"dvc repro {table}_report@{name}")


def images() -> list[Finding]:
    """The runs on digits."""
    return [
        run(
            "The default model",
            "digits-ddim",
            "Samples of a U-Net trained as DDPM for minutes; its FID is in the title.",
            "dddm-8-ddpm-25",
        ),
        run(
            "Transformer and U-Net",
            "digits-dit",
            "Samples of a transformer trained as DDPM for as long.",
            "dit-images",
            "dit-time",
            "dit-dddm-time",
        ),
        run(
            "Shipped models",
            "mnist-unet",
            "Samples of a U-Net that was trained for hours on the full MNIST, and is not ranked.",
            "dddm-digits-4",
        ),
        run(
            "A transformer with labels",
            "mnist-dit",
            "Samples of a transformer trained for hours with labels, by classifier-free guidance; "
            "not ranked.",
            "ratio-cfg",
        ),
    ]


def few_steps() -> list[Finding]:
    """DDDM and DDPM with few steps and with more."""
    return [
        study(
            "Few steps on digits", "few_steps", "mnist", "mnist",
            "FID by the number of network evaluations; lower is better.",
            named("dddm-digits-2", "dddm-digits-4", "dddm-digits-8", "dddm-digits-16"),
        ),
        study(
            "Few steps on points", "few_steps", "bimodal", "bimodal",
            "Squared MMD by the number of network evaluations; lower is better.",
            named("dddm-points-2", "dddm-points-floor", "heun-points"),
        ),
    ]  # fmt: skip


def instability() -> list[Finding]:
    """What instability scores detect."""
    levels = params.entry("instability", "mnist")["levels"]
    shown = f"mnist/pixels-{levels[len(levels) // 2]:g}"
    return [
        study(
            "Where a denoiser is unstable", "instability", "layouts", "layouts/withheld",
            "Maps of instability and of the true error of a network that never saw one mode.",
            named("dis-error", "dis-unseen-mode", "dis-unseen-mode-learned"),
        ),
        study(
            "Where digits are unstable", "instability", "mnist", shown,
            "The posterior variance of each pixel by two networks and by the exact law of the "
            "training images.",
            named(*(f"dis-calibrated-{level:g}" for level in levels), "dis-beyond-density"),
        ),
    ]  # fmt: skip


def guidance() -> list[Finding]:
    """What guidance towards instability finds."""
    return [
        study(
            "Guided towards instability", "guidance_sweep", "layouts", "layouts",
            "Samples in the rare mode against samples in no mode, by variant and scale.",
            named("ibg-interior", "ibg-interior-random", "ibg-interior-off-mode", "ibg-edge"),
        ),
        study(
            "Digits guided towards instability", "guidance_sweep", "mnist", "mnist-samples",
            "Guided samples below unguided ones from the same noise.",
            named("ibg-digits", "ibg-digits-cost", "ibg-digits-exact", "ibg-digits-withheld"),
        ),
    ]  # fmt: skip


def ratio() -> list[Finding]:
    """Samples guided by a density ratio."""
    return [
        study(
            "Digits that match turned digits", "matching", "mnist", "mnist/given",
            "Test images, and samples that each ratio guides to them.",
            named("ratio-guided", "ratio-disc", "ratio-fid"),
        ),
        study(
            "The scale of ratio guidance on digits", "matching", "mnist", "mnist/strength",
            "Matching samples, FID and readable samples by the scale of guidance.",
            named("ratio-exact", "ratio-exact-network", "ratio-scale-1"),
        ),
        study(
            "The scale of ratio guidance on points", "matching", "pairs", "pairs/strength",
            "Matching samples, and mean and variance of x given y, by the scale of guidance.",
            named("ratio-points", "ratio-points-slope", "ratio-points-variance"),
        ),
    ]  # fmt: skip


def paths() -> list[Finding]:
    """Paths between examples."""
    shown = f"{figures('paths/mnist')['film_noise']:g}"
    return [
        study(
            "Paths around a withheld mode", "paths", "missing-exact", "missing-exact/density",
            "Paths between two modes in the score field of the exact denoiser.",
            of_study("paths/missing-exact"),
        ),
        study(
            "From digit to digit", "paths", "mnist", f"mnist/strips-{shown}",
            "Paths between two digits in the score field of a network.",
            of_study("paths/mnist"),
        ),
    ]  # fmt: skip


def findings() -> list[Finding]:
    """All findings, in the order of the page, without those of entries that were deleted."""
    found: list[Finding] = available(images, few_steps, instability, guidance, ratio, paths)
    return found
