"""The paths study: paths between two endpoints at one noise level by every method, and their
cost."""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.action import expanded, geometric, length, midpoint, resampled, work
from scorefield.core.datasets import Labelled
from scorefield.core.denoiser import Counter, counted
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.likelihood import flow_log_prob
from scorefield.core.noise_level import NoiseLevel, in_double
from scorefield.core.registry import with_knobs
from scorefield.core.results import MotionEnergy, PathRecord
from scorefield.experiments.endpoints import endpoint
from scorefield.paths._starts import all_bowed, first_paths, line, slerp
from scorefield.paths.hamiltonian import Motion, move
from scorefield.paths.instanton import NODES, Instanton, least_action
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model

REACHED, GOAL = "reached", "goal"  # where a path leads: see `PathRecord.target`


@dataclass(frozen=True)
class Search:
    """How paths are found: both methods with their numbers, the nodes of a path, how many steps of
    mean shift take the endpoints to their modes at most, and the seed of first paths."""

    move: partial[Motion]
    least_action: partial[Instanton]
    nodes: int
    relax: int
    seed: int


@dataclass(frozen=True, eq=False)
class FoundPath:
    """A path (N + 1, ...) by a method to a target, and the motion or instanton that it is."""

    target: str
    method: str
    path: Tensor
    motion: Motion | None = None
    instanton: Instanton | None = None


@dataclass(frozen=True, eq=False)
class PathSet:
    """All paths between two endpoints, into how many equal steps each is cut to be measured, and
    the time T at which the timed actions of all are compared."""

    paths: list[FoundPath]
    nodes: int
    duration: float


def path_study(name: str) -> list[PathRecord]:
    """All paths of an entry of `paths`, by its noise levels and endpoints. Raises InputError for
    endpoints that are no pairs, and data that are neither images nor points of one law."""
    spec, counter = params.entry("paths", name), Counter()
    data = load_dataset(spec["data"])
    if not isinstance(data, Labelled):
        raise InputError(f"paths.{name}.data: expected images, or points of one law")
    if any(len(pair) != 2 for pair in spec["endpoints"]):
        raise InputError(f"paths.{name}.endpoints: expected pairs, such as [class 3, class 8]")
    model = load_model(f"models/{spec['model']}", precision="float32").to(device())
    guidance = params.method("guidance", spec["guidance"], spec)
    denoiser = in_double(guidance(counted(model, counter)))
    search, records = search_of(spec), list[PathRecord]()
    cases = [*product(spec["levels"], spec["endpoints"])]
    for noise, (start, goal) in tqdm(cases, "paths", unit=" pairs"):
        level, before = NoiseLevel(denoiser, noise), counter.calls
        a, b = (endpoint(which, data).to(device()) for which in (start, goal))
        found = find_paths(level, a, b, search)
        calls, title = counter.calls - before, f"{start} > {goal}"
        records += recorded(
            level, found, title, calls, flow_barriers(level, found, data.train, spec)
        )
        tqdm.write(f"{noise:g}, {title}: {calls} network calls")
    return records


def search_of(spec: dict[str, Any]) -> Search:
    """The search of an entry of `paths`."""
    numbers = params.section("instanton", spec)
    return Search(
        move=with_knobs(move, params.section("hamiltonian", spec)),
        least_action=with_knobs(least_action, numbers),
        nodes=numbers.get("nodes", NODES),
        relax=spec["relax"],
        seed=spec["seed"],
    )


def find_paths(level: NoiseLevel, a: Tensor, b: Tensor, search: Search) -> PathSet:
    """From a to b, clean examples (...) relaxed towards their modes: the Hamiltonian motion that
    starts towards b; the straight path, others and the path of least action, each from a to the
    point that the motion reached, and from a to b."""
    field, sigma, nodes, seed = level.field(), level.sigma, search.nodes, search.seed
    a, b = (level.relaxed(level.alpha * x.double(), search.relax) for x in (a, b))
    motion = search.move(field, sigma, a, b)
    c = motion.x[-1]
    reached = {"line": line(a, c, nodes), "hamiltonian": resampled(motion.x, nodes)}
    goal = first_paths(level, a, b, nodes, seed)
    near = search.least_action(field, sigma, all_bowed(reached, sigma, seed))
    far = search.least_action(field, sigma, all_bowed(goal, sigma, seed))
    paths = [
        FoundPath(REACHED, "line", reached["line"]),
        FoundPath(REACHED, "hamiltonian", reached["hamiltonian"], motion=motion),
        FoundPath(REACHED, "instanton", near.path, instanton=near),
        FoundPath(GOAL, "line", goal["line"]),
        FoundPath(GOAL, "slerp", slerp(a, b, nodes)),
        FoundPath(GOAL, "noise", goal["noise"]),
        FoundPath(GOAL, "instanton", far.path, instanton=far),
    ]
    return PathSet(paths, nodes, far.duration)


def recorded(
    level: NoiseLevel, found_paths: PathSet, title: str, calls: int, barriers: list[Tensor | None]
) -> list[PathRecord]:
    """The records of all paths; `barriers` are theirs by the probability flow."""
    records = []
    for found, barrier in zip(found_paths.paths, barriers, strict=True):
        even = resampled(found.path, found_paths.nodes)
        risen = work(level.field(), even)
        figures = measured(level, even, risen, found_paths.duration)
        if barrier is not None:
            figures["barrier_flow"] = barrier
        motion, history = None, None
        if found.motion:
            motion = MotionEnergy(found.motion.kinetic(), found.motion.energy())
        if found.instanton:
            figures["own"] = torch.tensor(found.instanton.action)
            figures["stiffness"] = torch.tensor(found.instanton.stiffness)
            history = {name: torch.tensor(v) for name, v in found.instanton.history.items()}
        clean = level.clean(found.path)
        place = level.noise, title, found.target, found.method, calls
        tensors = found.path, clean, even, risen
        records.append(PathRecord(*place, *tensors, figures, motion, history))
    return records


@torch.no_grad()
def measured(level: NoiseLevel, even: Tensor, risen: Tensor, duration: float) -> dict[str, Tensor]:
    """Figures (), of a path in equal steps (N + 1, ...) and the work along it: the time-free
    action, both forms of S_T at equal speed, length, barrier (the deepest fall of log p below the
    start, by work), and the rise of log p by work along it and along the straight line between the
    same points, which are equal in a gradient field."""
    field, nodes = level.field(), len(even) - 1
    return {
        "action": geometric(field, even),
        "action_expanded": expanded(field, even, duration),
        "action_timed": midpoint(field, even, duration),
        "barrier": -risen.min(),
        "length": length(even),
        "rise": risen[-1],
        "rise_straight": work(field, line(even[0], even[-1], 4 * nodes))[-1],
    }


def flow_barriers(
    level: NoiseLevel, found: PathSet, train: Tensor, spec: dict[str, Any]
) -> list[Tensor | None]:
    """The fall of log p (), by the probability flow, from the start of each path to the node where
    log p by work is deepest; None for paths that do not lead to the goal, and for all if the
    study has flow: 0."""
    kept = [each.path for each in found.paths if each.target == GOAL]
    none: list[Tensor | None] = [None] * (len(found.paths) - len(kept))
    if spec["flow"] == 0:
        return none + [None] * len(kept)
    tops = [path[work(level.field(), path).argmin()] for path in kept]
    flat = train.flatten(1).double()
    prior = flat.mean(0), torch.cov(flat.mT)
    numbers = {"steps": spec["flow"], "probes": spec["probes"], "seed": spec["seed"]}
    points = torch.stack([kept[0][0], *tops])
    log_p = flow_log_prob(level.denoiser, points, level.t, prior, **numbers)
    return none + [log_p[0] - top for top in log_p[1:]]
