"""Methods are found by name and get the settings that they know."""

import pytest

from scorefield.core.errors import InputError
from scorefield.core.registry import load_method, methods, with_knobs


def test_an_unknown_method_is_told_with_the_nearest_name():
    with pytest.raises(InputError, match="no samplers named 'huen'; did you mean 'heun'"):
        load_method("samplers", "huen")
    assert not any(name.startswith("_") for kind in ("paths", "guidance") for name in methods(kind))


def test_a_method_is_given_its_own_knobs_and_no_others():
    numbers = {"churn": 0.5, "steps": 3, "scale": 2.0}
    assert with_knobs(load_method("samplers", "ancestral"), numbers).keywords == {"churn": 0.5}
