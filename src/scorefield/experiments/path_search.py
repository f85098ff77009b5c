"""All paths between two endpoints at one noise level, by every method, and what each cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, get_args

from torch import Tensor

from scorefield.core.action import resampled
from scorefield.core.datasets import Images, Labelled
from scorefield.core.denoiser import Counter, Denoiser, origin
from scorefield.core.model import Model
from scorefield.core.noise_level import NoiseLevel
from scorefield.core.registry import with_knobs
from scorefield.nets.exact import ExactImages
from scorefield.paths._starts import all_bowed, first_paths, line, slerp
from scorefield.paths.hamiltonian import Motion, Velocity, move
from scorefield.paths.instanton import NODES, Instanton, least_action
from scorefield.paths.string import EnergyPath, minimum_energy
from scorefield.pipeline import params

REACHED, GOAL = "reached", "goal"  # where a path leads: see `PathRecord.target`
CARRIED = "level before"  # the initial path that is the instanton of the noise level before
FEW = 1000  # examples of points that an initial path leads through: enough to show every mode

Found = TypeVar("Found")
History = dict[str, list[float]]


@dataclass(frozen=True, eq=False)
class Search:
    """How paths are found: the methods with their numbers, the nodes of a path, how many steps of
    mean shift take the endpoints to their modes at most, the seed of first paths, the training
    examples that a first path may lead through, and the counter of network calls."""

    move: partial[Motion]
    least_action: partial[Instanton]
    minimum_energy: partial[EnergyPath]
    nodes: int
    relax: int
    seed: int
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
    """All paths between two endpoints, and into how many equal steps each is cut to be measured."""

    paths: list[FoundPath]
    nodes: int

    def best(self) -> Tensor:
        """The instanton to the goal, (N + 1, ...)."""
        return next(each.path for each in self.paths if each.instanton and each.target == GOAL)


def search_of(spec: dict[str, Any], data: Labelled, denoiser: Denoiser, counter: Counter) -> Search:
    """The search of an entry of `paths` for a denoiser. In 2-D, and in the exact law of images, a
    first path leads through training examples; with networks on images it converges too slowly."""
    numbers = params.section("instanton", spec)
    base = origin(denoiser)
    exact = isinstance(base, Model) and isinstance(base.net, ExactImages)
    smooth = isinstance(data, Images) and not exact
    examples = data.train if isinstance(data, Images) else data.train[:FEW]
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
        examples=None if smooth else examples,
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
    finest = max(len(each.path) - 1 for each in goal)
    return PathSet([*moved(level, a, b, search), *goal], finest)


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
            find_near = partial(search.least_action, field, sigma, starts, doublings=0)
            near, calls = search.counted(find_near)
            yield FoundPath(target, "instanton", near.path, calls, None, near, near.history)


def to_goal(
    level: NoiseLevel,
    a: Tensor,
    b: Tensor,
    first: dict[str, Tensor],
    search: Search,
    before: Tensor | None,
) -> Iterator[FoundPath]:
    """Paths from a to b by all methods but the motion. The instanton of the level before, which has
    come from higher noise, replaces the path through noise among the initial paths."""
    field, sigma = level.field(), level.sigma
    starts = all_bowed(first, sigma, search.seed)
    if before is not None:
        del starts["noise"]
    lowest, string_calls = search.counted(partial(search.minimum_energy, field, sigma, starts))
    if before is not None:
        moved = level.alpha * before
        starts[CARRIED] = moved + line(a - moved[0], b - moved[-1], len(moved) - 1)
    far, calls = search.counted(partial(search.least_action, field, sigma, starts))
    yield FoundPath(GOAL, "line", first["line"], 0)
    yield FoundPath(GOAL, "slerp", slerp(a, b, search.nodes), 0)
    yield FoundPath(GOAL, "noise", first["noise"], 1)
    yield FoundPath(GOAL, "string", lowest.path, string_calls, history=lowest.history)
    yield FoundPath(GOAL, "instanton", far.path, calls, None, far, far.history)
