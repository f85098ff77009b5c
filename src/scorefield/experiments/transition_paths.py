"""The paths study: paths between two endpoints at several noise levels by every method."""

from itertools import product

from torch import Tensor
from tqdm import tqdm

from scorefield.core.datasets import Labelled
from scorefield.core.denoiser import Counter, counted
from scorefield.core.errors import InputError
from scorefield.core.hardware import device
from scorefield.core.model import put
from scorefield.core.noise_level import NoiseLevel, in_double
from scorefield.core.results import PathRecord
from scorefield.experiments.endpoints import endpoint
from scorefield.experiments.path_figures import flow_barriers, recorded
from scorefield.experiments.path_search import find_paths, search_of
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, load_model


def path_study(name: str) -> list[PathRecord]:
    """All paths of an entry of `paths`, by its noise levels and endpoints. The instanton of a noise
    level is an initial path of the next one. Raises InputError for endpoints that are no pairs, and
    data that are neither images nor points of one law."""
    spec, counter = params.entry("paths", name), Counter()
    data = load_dataset(spec["data"])
    if not isinstance(data, Labelled):
        raise InputError(f"paths.{name}.data: expected images, or points of one law")
    if any(len(pair) != 2 for pair in spec["endpoints"]):
        raise InputError(f"paths.{name}.endpoints: expected pairs, such as [class 3, class 8]")
    guidance = params.method("guidance", spec["guidance"], spec)

    model = put(load_model(f"models/{spec['model']}", precision="float32"), device())
    denoiser = in_double(guidance(counted(model, counter)))
    search, records = search_of(spec, data, denoiser, counter), list[PathRecord]()
    before, cases = dict[str, Tensor](), [*product(spec["levels"], spec["endpoints"])]
    for noise, (start, goal) in tqdm(cases, "paths", unit=" pairs"):
        level, first, title = NoiseLevel(denoiser, noise), counter.calls, f"{start} > {goal}"
        a, b = (endpoint(which, data, denoiser).to(device()) for which in (start, goal))
        found = find_paths(level, a, b, search, before.get(title))
        before[title] = found.best() / level.alpha
        records += recorded(level, found, title, flow_barriers(level, found, data.train, spec))
        tqdm.write(f"{noise:g}, {title}: {counter.calls - first} network calls")
    return records
