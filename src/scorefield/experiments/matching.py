"""The matching study: samples x that should match y; y are test pairs, drawn by a model, or drawn
together with x."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from scorefield.core.condition import Condition
from scorefield.core.denoiser import Counter, Denoiser, counted
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.log_ratio import counted_ratio
from scorefield.core.model import Model
from scorefield.core.results import MatchedSamples
from scorefield.experiments.sampling import Drawn, Plan, sample_chunks
from scorefield.guidance.ratio import condition, joint_guidance, ratio
from scorefield.pipeline import params
from scorefield.pipeline.files import load_data, load_model

ROLES = ("model", "partner", "guide", "joint")
KNOBS = ("low", "high", "bound")  # of ratio guidance, beside its scale


@dataclass(frozen=True, eq=False)
class Study:
    """An entry of `matching` and its models: of x, of y, the ratio that guides x to y, and the one
    that guides both. Unfinished work is kept in `folder`."""

    spec: dict[str, Any]
    folder: Path
    model: Model
    partner: Model
    guide: Model
    joint: Model

    @property
    def scale(self) -> float:
        """The scale of guidance where y is not given."""
        return float(self.spec["scale"])


def matching(spec: dict[str, Any], folder: Path) -> list[MatchedSamples]:
    """The samples of an entry of `matching`: y given, at every scale and without guidance, y drawn
    by the partner, and both drawn together. Raises InputError where several processes share the
    work."""
    models = [load_model(f"models/{spec[role]}").to(device()) for role in ROLES]
    study = Study(spec, folder, *models)
    y = condition(load_data(spec["data"]), spec["n"])
    scales = dict.fromkeys([0.0, *map(float, spec["scales"])])
    cells = [y_given(study, scale, y) for scale in scales]
    return [*cells, y_drawn(study), drawn_together(study)]


def y_given(study: Study, scale: float, y: Condition) -> MatchedSamples:
    """Samples that match test pairs."""
    counter = Counter()
    denoiser = guided(study, scale, counter)
    found = draw(study, f"given/{scale}", denoiser, counter, condition=y.values)
    return MatchedSamples("given", scale, found.samples, y.values, found.nfe, y.source)


def y_drawn(study: Study) -> MatchedSamples:
    """Samples that match samples of the partner; the evaluations of both count."""
    counter, seed = Counter(), study.spec["seed"] + 1
    y = draw(study, "partner", counted(study.partner, counter), counter, seed=seed)
    denoiser, scale = guided(study, study.scale, counter), study.scale
    found = draw(study, f"drawn/{scale}", denoiser, counter, condition=y.samples)
    return MatchedSamples("drawn", scale, found.samples, y.samples, found.nfe + y.nfe)


def drawn_together(study: Study) -> MatchedSamples:
    """Pairs of samples, each guided by the other."""
    counter, shape = Counter(), (2, *study.model.shape)
    halves = counted(study.model, counter), counted(study.partner, counter)
    guide = counted_ratio(study.joint, counter)
    denoiser = joint_guidance(halves, guide, scale=study.scale, **knobs())
    found = draw(study, f"joint/{study.scale}", denoiser, counter, shape=shape)
    x, y = found.samples.unbind(1)
    return MatchedSamples("joint", study.scale, x, y, found.nfe)


def guided(study: Study, scale: float, counter: Counter) -> Denoiser:
    """The model under ratio guidance."""
    model, guide = counted(study.model, counter), counted_ratio(study.guide, counter)
    return ratio(model, guide, scale=scale, **knobs())


def knobs() -> dict[str, float]:
    """The numbers of ratio guidance, but for its scale."""
    numbers = params.section("ratio")
    return {key: numbers[key] for key in KNOBS}


def draw(
    study: Study,
    place: str,
    denoiser: Denoiser,
    counter: Counter,
    *,
    condition: Tensor | None = None,
    shape: tuple[int, ...] | None = None,
    seed: int | None = None,
) -> Drawn:
    """Samples of a denoiser; of the model's shape and from the study's seed, if none is given."""
    spec = study.spec
    plan = Plan(
        denoiser=denoiser,
        sampler=params.method("samplers", spec["sampler"], spec),
        shape=shape or study.model.shape,
        steps=spec["steps"],
        seed=spec["seed"] if seed is None else seed,
        device=device(),
        counter=counter,
        condition=condition,
    )
    found = sample_chunks(plan, spec["n"], study.folder / place, **params.section("sampling"))
    if found is None:
        raise InputError("matching: expected one process, found several")
    return found
