"""Random changes of params.yaml: validation always ends, in lines, and lets nothing impossible by."""

import copy
import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from scorefield.pipeline.validation import problems
from tests.helpers.params import PARAMS

NUMBERS = st.one_of(
    st.floats(),  # NaN, infinities, the smallest and the largest
    st.integers(),
    st.sampled_from([-1, 0, 1, 10**9, 2**63, 2**80, 10**400, -(10**400)]),
)
TEXTS = st.text(max_size=300) | st.sampled_from(["", "..", "a/b", "a\nb", "${x}", "plain", "~"])
OTHERS = st.sampled_from([None, True, False, datetime.date(2026, 11, 30), b"bytes", {1, 2}])
KEYS = TEXTS | st.integers() | st.none() | st.booleans()
VALUES = st.recursive(
    NUMBERS | TEXTS | OTHERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def places(node: object, path: tuple = ()) -> list[tuple]:
    """The paths of all keys below a node."""
    if not isinstance(node, dict):
        return [path]
    return [path, *(each for key in node for each in places(node[key], (*path, key)))]


PLACES = places(PARAMS)[1:]
CHANGES = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(PLACES), VALUES),
    st.tuples(st.just("add"), st.sampled_from([(), *PLACES]), st.tuples(KEYS, VALUES)),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.none()),
    st.tuples(st.just("swap"), st.sampled_from(PLACES), st.sampled_from(PLACES)),
)


def at(params: dict, path: tuple):
    """What stands at a path; None where nothing does."""
    node = params
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def apply(params: dict, how: str, path: tuple, value) -> None:
    """Change the parameters in one place, if that is still there."""
    if how == "swap":
        how, value = "set", copy.deepcopy(at(PARAMS, value))
    if how == "add":
        key, value = value
        path = (*path, key)
    parent = at(params, path[:-1])
    if not isinstance(parent, dict):
        return
    if how == "remove":
        parent.pop(path[-1], None)
    else:
        parent[path[-1]] = value


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_any_change_ends_in_short_lines_and_changes_nothing(changes):
    params = copy.deepcopy(PARAMS)
    for change in changes:
        apply(params, *change)
    before = copy.deepcopy(params)
    found = list(problems(params))
    assert all(line and "\n" not in line and len(line) <= 500 for line in found)
    assert repr(params) == repr(before)


NUMERIC = [path for path in PLACES if len(path) == 2 and type(at(PARAMS, path)) in (int, float)]
NEVER = st.one_of(  # what no number of any method may be
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e300, -(10**9), 2**80, None]),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(NUMERIC), NEVER)
def test_no_number_is_nan_infinite_enormous_or_something_else(path, value):
    params = copy.deepcopy(PARAMS)
    apply(params, "set", path, value)
    found = list(problems(params))
    assert any(line.startswith(".".join(path)) for line in found), (path, value, found)
