"""Methods are found by name and get the settings that they know."""

import pytest

from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, load_method, methods, with_knobs


def test_an_unknown_method_is_told_with_the_nearest_name():
    with pytest.raises(InputError, match="no samplers named 'huen'; did you mean 'heun'"):
        load_method("samplers", "huen")
    with pytest.raises(InputError, match="no optimisers named 'moun'; did you mean 'muon'"):
        load_method("optimisers", "moun")
    assert not any(name.startswith("_") for kind in KINDS for name in methods(kind))


def test_a_method_is_given_its_own_knobs_and_no_others():
    numbers = {"churn": 0.5, "steps": 3, "scale": 2.0}
    assert with_knobs(load_method("samplers", "ancestral"), numbers).keywords == {"churn": 0.5}
    numbers = {"momentum": 0.9, "lr": 0.1, "beta1": 0.8}
    assert with_knobs(load_method("optimisers", "muon"), numbers).keywords == {"momentum": 0.9}
    assert with_knobs(load_method("optimisers", "adamw"), numbers).keywords == {"beta1": 0.8}
