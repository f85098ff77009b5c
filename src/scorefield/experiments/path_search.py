"""All paths between two endpoints at one noise level, by every method, and what each cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, get_args

from torch import Tensor

from scorefield.core.action import resampled
from scorefield.core.datasets import Images, Labelled
from scorefield.core.denoiser import Counter
from scorefield.core.model import Model
from scorefield.core.noise_level import NoiseLevel
from scorefield.core.registry import defaults, with_knobs
from scorefield.nets.exact import ExactImages
from scorefield.paths._coordinates import Axes, axes_of
from scorefield.paths._starts import all_bowed, first_paths, line, slerp
from scorefield.paths.hamiltonian import Motion, Velocity, move
from scorefield.paths.instanton import NODES, Instanton, least_action
from scorefield.paths.string import EnergyPath, minimum_energy
from scorefield.pipeline import params

REACHED, GOAL = "reached", "goal"  # where a path leads: see `PathRecord.target`
CARRIED = "annealed"  # the initial path that is the instanton of the noise level before
FINE, LONG = "twice the nodes", "twice the time"  # the instanton again

Found = TypeVar("Found")
History = dict[str, list[float]]


@dataclass(frozen=True, eq=False)
class Search:
    """How paths are found: the methods with their numbers, the nodes of a path, how many steps of
    mean shift take the endpoints to their modes at most, the seed of first paths, the axes of the
    data where the action is scaled by them, the training images that a first path may lead through,
    and the counter of network calls."""

    move: partial[Motion]
    least_action: partial[Instanton]
    minimum_energy: partial[EnergyPath]
    nodes: int
    relax: int
    seed: int
    axes: Axes | None
    examples: Tensor | None
    counter: Counter

    def counted(self, find: Callable[[], Found]) -> tuple[Found, int]:
        """What a function finds, and the network calls that it took."""
        before = self.counter.calls
        return find(), self.counter.calls - before


@dataclass(frozen=True, eq=False)
class FoundPath:
    """A path (N + 1, ...) by a method to a target, its network calls, the motion or instanton that
    it is, and the values that its search lowered, by initial path."""

    target: str
    method: str
    path: Tensor
    calls: int
    motion: Motion | None = None
    instanton: Instanton | None = None
    history: History | None = None


@dataclass(frozen=True, eq=False)
class PathSet:
    """All paths between two endpoints, into how many equal steps each is cut to be measured, and
    the time T at which the timed actions of all are compared."""

    paths: list[FoundPath]
    nodes: int
    duration: float

    def best(self) -> Tensor:
        """The instanton to the goal, (N + 1, ...)."""
        return next(each.path for each in self.paths if each.instanton and each.target == GOAL)


def search_of(spec: dict[str, Any], data: Labelled, model: Model, counter: Counter) -> Search:
    """The search of an entry of `paths` for a model. In 2-D, and in the exact law of images, modes
    are much narrower than the covariance of the data, so that its axes would not help. In the exact
    law a first path leads through training images; in networks it converges too slowly."""
    numbers = params.section("instanton", spec)
    images, bumps = isinstance(data, Images), isinstance(model.net, ExactImages)
    nodes = numbers.get("nodes", NODES)
    return Search(
        move=with_knobs(move, params.section("hamiltonian", spec)),
        least_action=with_knobs(least_action, numbers),
        minimum_energy=with_knobs(
            minimum_energy, params.section("string", spec) | {"nodes": nodes}
        ),
        nodes=nodes,
        relax=spec["relax"],
        seed=spec["seed"],
        axes=axes_of(data.train) if images and not bumps else None,
        examples=data.train if images and bumps else None,
        counter=counter,
    )


def find_paths(
    level: NoiseLevel, a: Tensor, b: Tensor, search: Search, before: Tensor | None = None
) -> PathSet:
    """From a to b, clean examples (...) relaxed towards their modes: the Hamiltonian motions from
    every initial velocity, with paths to the points that they reach; and paths to b by all other
    methods. `before` is the instanton of the noise level before, (N + 1, ...) divided by its
    alpha."""
    a, b = (level.relaxed(level.alpha * x.double(), search.relax) for x in (a, b))
    first = first_paths(level, a, b, search.nodes, search.seed, search.examples)
    goal = [*to_goal(level, a, b, first, search, before)]
    duration = next(each.instanton.duration for each in goal if each.instanton)
    return PathSet([*moved(level, a, b, search), *goal], search.nodes, duration)


def moved(level: NoiseLevel, a: Tensor, b: Tensor, search: Search) -> Iterator[FoundPath]:
    """The motion with each initial velocity and the straight path to the point that it reaches; for
    the velocity of the parameters, whose target is `reached`, also the instanton."""
    field, sigma, nodes, seed = level.field(), level.sigma, search.nodes, search.seed
    usual = search.move.keywords.get("velocity", "chord")
    for velocity in sorted(get_args(Velocity), key=lambda each: each != usual):
        find = partial(search.move, field, sigma, a, b, velocity=velocity)
        motion, calls = search.counted(find)
        target = REACHED if velocity == usual else velocity
        paths = {"line": line(a, motion.x[-1], nodes), "hamiltonian": resampled(motion.x, nodes)}
        yield FoundPath(target, "line", paths["line"], 0)
        yield FoundPath(target, "hamiltonian", paths["hamiltonian"], calls, motion=motion)
        if velocity == usual:
            starts = all_bowed({"line": paths["line"]}, sigma, seed)
            near, calls = search.counted(
                partial(search.least_action, field, sigma, starts, scaled(level, search))
            )
            yield FoundPath(target, "instanton", near.path, calls, None, near, near.history)


def to_goal(
    level: NoiseLevel,
    a: Tensor,
    b: Tensor,
    first: dict[str, Tensor],
    search: Search,
    before: Tensor | None,
) -> Iterator[FoundPath]:
    """Paths from a to b by all methods but the motion. The instanton to b is found again on a grid
    of twice the nodes, and from that in twice the time, in half the iterations each."""
    field, sigma, axes = level.field(), level.sigma, scaled(level, search)
    starts = all_bowed(first, sigma, search.seed)
    lowest, string_calls = search.counted(partial(search.minimum_energy, field, sigma, starts))
    if before is not None:
        moved = level.alpha * before
        starts[CARRIED] = moved + line(a - moved[0], b - moved[-1], len(moved) - 1)
    far, calls = search.counted(partial(search.least_action, field, sigma, starts, axes))
    numbers = defaults(least_action) | search.least_action.keywords
    cheaper = {"nodes": 2 * search.nodes, "levels": 0, "iterations": -(-numbers["iterations"] // 2)}
    again = partial(search.least_action, field, sigma, axes=axes, **cheaper)
    fine = again({FINE: far.path})
    longer = again({LONG: fine.path}, duration=2 * numbers["duration"])
    yield FoundPath(GOAL, "line", first["line"], 0)
    yield FoundPath(GOAL, "slerp", slerp(a, b, search.nodes), 0)
    yield FoundPath(GOAL, "noise", first["noise"], 1)
    yield FoundPath(GOAL, "string", lowest.path, string_calls, history=lowest.history)
    history = far.history | fine.history | longer.history
    yield FoundPath(GOAL, "instanton", far.path, calls, None, far, history)


def scaled(level: NoiseLevel, search: Search) -> Axes | None:
    """The axes of alpha times the data."""
    return None if search.axes is None else search.axes.scaled(level.alpha)
