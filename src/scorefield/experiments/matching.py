"""The matching study of a pair of models: samples x without guidance, guided to y that the other
model draws, drawn together with y, and y guided to x. `matching_guides` has those with given y."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from scorefield.core.condition import Condition
from scorefield.core.denoiser import Counter, Denoiser, counted
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.log_ratio import Swapped, counted_ratio
from scorefield.core.model import Model, put
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
        """The scale of guidance."""
        return float(self.spec["scale"])


def matching(spec: dict[str, Any], folder: Path) -> list[MatchedSamples]:
    """The samples of an entry of `matching`. Images are also guided the other way, see `turned`.
    Raises InputError where several processes share the work."""
    models = [put(load_model(f"models/{spec[role]}"), device()) for role in ROLES]
    study = Study(spec, folder, *models)
    data = load_data(spec["data"])
    given = condition(data, spec["n"])
    plain = draw(spec, folder / "plain", of_model(study.model), study.model.shape)
    seed = spec["seed"] + 1
    partner = draw(spec, folder / "partner", of_model(study.partner), study.partner.shape, seed)
    cells = [MatchedSamples("unguided", 0.0, plain.samples, plain.nfe, given.source)]
    cells += [y_drawn(study, partner), drawn_together(study)]
    if "pair_turns" not in data:
        return cells
    source, turns = given.source, int(data["pair_turns"])
    cells += [MatchedSamples("unguided_turned", 0.0, partner.samples, partner.nfe, source)]
    return [*cells, turned(study, Condition(data["test"][source], source), turns)]


def y_drawn(study: Study, y: Drawn) -> MatchedSamples:
    """Samples that match samples of the partner; the evaluations of both count."""

    def make(counter: Counter) -> Denoiser:
        guide = counted_ratio(study.guide, counter)
        return ratio(counted(study.model, counter), guide, scale=study.scale, **knobs())

    shape, place = study.model.shape, study.folder / "drawn"
    found = draw(study.spec, place, make, shape, condition=y.samples)
    return MatchedSamples("drawn", study.scale, found.samples, found.nfe + y.nfe, y=y.samples)


def drawn_together(study: Study) -> MatchedSamples:
    """Pairs of samples, each guided by the other."""

    def make(counter: Counter) -> Denoiser:
        halves = counted(study.model, counter), counted(study.partner, counter)
        guide = counted_ratio(study.joint, counter)
        return joint_guidance(halves, guide, scale=study.scale, **knobs())

    found = draw(study.spec, study.folder / "joint", make, (2, *study.model.shape))
    x, y = found.samples.unbind(1)
    return MatchedSamples("joint", study.scale, x, found.nfe, y=y)


def turned(study: Study, x: Condition, turns: int) -> MatchedSamples:
    """Samples of the partner, rotated images, that match test images x, from the noise of those
    without guidance. The guide is the same network: see `Swapped`."""

    def make(counter: Counter) -> Denoiser:
        guide = Swapped(counted_ratio(study.guide, counter), turns)
        return ratio(counted(study.partner, counter), guide, scale=study.scale, **knobs())

    seed, place = study.spec["seed"] + 1, study.folder / "turned"
    found = draw(study.spec, place, make, study.partner.shape, seed, x.values)
    return MatchedSamples("turned", study.scale, found.samples, found.nfe, x.source)


def of_model(model: Model) -> Callable[[Counter], Denoiser]:
    """A model without guidance, to be counted."""
    return lambda counter: counted(model, counter)


def knobs() -> dict[str, float]:
    """The numbers of ratio guidance, but for its scale."""
    numbers = params.section("ratio")
    return {key: numbers[key] for key in KNOBS}


def draw(
    spec: dict[str, Any],
    place: Path,
    make: Callable[[Counter], Denoiser],
    shape: tuple[int, ...],
    seed: int | None = None,
    condition: Tensor | None = None,
) -> Drawn:
    """Samples of the denoiser that `make` gives for a counter of evaluations, by the sampler, steps
    and n of an entry and from its seed, if none is given."""
    counter = Counter()
    plan = Plan(
        denoiser=make(counter),
        sampler=params.method("samplers", spec["sampler"], spec),
        shape=shape,
        steps=spec["steps"],
        seed=spec["seed"] if seed is None else seed,
        device=device(),
        counter=counter,
        condition=condition,
    )
    found = sample_chunks(plan, spec["n"], place, **params.section("sampling"))
    if found is None:
        raise InputError("matching: expected one process, found several")
    return found
