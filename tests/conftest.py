from pathlib import Path

import pytest
import torch

# The longest first, so that several workers end together.
MARKS = ("services", "pipeline", "unit")


def folder(item: pytest.Item) -> str:
    """The folder of a test in tests/, which is its mark."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(folder(item))
    items.sort(key=lambda item: MARKS.index(folder(item)))


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def double():
    """Float64 by default, for claims that hold to rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(autouse=True)
def same_folder():
    """A test that leaves its worker in another folder breaks those after it: it fails itself."""
    before = Path.cwd()
    yield
    assert Path.cwd() == before
