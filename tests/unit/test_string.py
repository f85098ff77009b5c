"""The string method: minimum energy paths are tangent to the force, and pass over saddles."""

import pytest
import torch

from scorefield.core.action import geometric, inner, steps
from scorefield.core.errors import InputError
from scorefield.core.schedule import cosine
from scorefield.paths import string
from scorefield.paths._starts import line
from scorefield.paths.string import minimum_energy, respaced
from tests.helpers.laws import gaussian
from tests.helpers.three import A, C, exact, relaxed

pytestmark = pytest.mark.usefixtures("double")

# Mueller and Brown 1979: height, and coefficients of exp(a dx^2 + b dx dy + c dy^2)
HEIGHT = (-200.0, -100.0, -170.0, 15.0)
FORM = ((-1.0, 0.0, -10.0), (-1.0, 0.0, -10.0), (-6.5, 11.0, -6.5), (0.7, 0.6, 0.7))
CENTRE = ((1.0, 0.0), (0.0, 0.5), (-0.5, 1.5), (-1.0, 1.0))
DEEP, SHALLOW = torch.tensor([-0.558224, 1.441726]), torch.tensor([0.623499, 0.028038])


def mueller_brown(x):
    """Its force, - grad V."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        total = 0.0
        for height, (a, b, c), (x0, y0) in zip(HEIGHT, FORM, CENTRE, strict=True):
            u, v = x[:, 0] - x0, x[:, 1] - y0
            total = total + height * (a * u**2 + b * u * v + c * v**2).exp()
        (slope,) = torch.autograd.grad(total.sum(), x)
    return -slope


def aligned(field, path):
    """|cos| of the angle between steps and force, where the force is not small."""
    step, middle = steps(path)
    b = field(middle)
    size = inner(b, b).sqrt()
    cosine = inner(step, b) / (size * inner(step, step).sqrt())
    return cosine[size > 0.1 * size.max()].abs()


def test_the_string_between_the_minima_of_mueller_and_brown_passes_their_published_saddles():
    """V is -146.700 at the deep minimum and -40.665 at the highest saddle of the path."""
    start = {"line": line(DEEP.double(), SHALLOW.double(), 60)}
    found = minimum_energy(mueller_brown, 0.01, start, nodes=60, step=1.0, iterations=1500)
    assert found.barrier == pytest.approx(146.700 - 40.665, rel=0.005)
    saddle = torch.tensor([-0.822002, 0.624313], dtype=torch.float64)
    assert (found.path - saddle).norm(dim=1).min() < 0.03
    assert aligned(mueller_brown, found.path).median() > 0.995
    assert found.history["line"][-1] < found.history["line"][0]


def test_the_string_over_a_double_well_is_curved_like_its_valley():
    """-log p = (x^2 - 1)^2 + 5 (y - x^2 / 2)^2: along y = x^2 / 2 from (-1, .5) over (0, 0), a
    barrier of 1."""

    def force(x):
        u, off = x[:, 0], x[:, 1] - x[:, 0] ** 2 / 2
        return torch.stack([-4 * u * (u**2 - 1) + 10 * off * u, -10 * off], 1)

    start = {"line": line(torch.tensor([-1.0, 0.5]), torch.tensor([1.0, 0.5]), 40)}
    found = minimum_energy(force, 0.3, start, nodes=40, step=0.5, iterations=1000)
    assert found.barrier == pytest.approx(1.0, rel=1e-3)
    assert found.path[20].norm() < 1e-2
    assert aligned(force, found.path).min() > 0.99
    assert geometric(force, found.path).item() == pytest.approx(2.0, rel=0.01)


def test_the_string_between_touching_modes_has_the_barrier_of_their_saddle():
    """Half the least action 3.887475 between them."""
    start = {"line": line(relaxed(A, 2000), relaxed(C, 2000), 40)}
    found = minimum_energy(exact, 1.0, start, nodes=40, step=0.3, iterations=300)
    assert found.barrier == pytest.approx(3.887475 / 2, rel=1e-3)


def test_respacing_keeps_a_circle_where_straight_pieces_would_cut_it():
    angle = torch.linspace(0, 1, 21) ** 1.5 * torch.pi
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    even = respaced(circle, 20)
    torch.testing.assert_close(even.norm(dim=1), torch.ones(21), atol=1e-3, rtol=0)
    size = steps(even)[0].norm(dim=1)
    assert size.std() / size.mean() < 0.01


def test_the_string_of_a_gaussian_leads_over_its_mean():
    """Up to the mean and down again, by half the squared distance alpha 2 of the goal from it."""
    law = gaussian(1.0, dim=2)
    start, goal = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    found = string(law.denoiser(cosine()), start, goal, 0.5, iterations=400)
    alpha = 1 / 1.25**0.5
    assert found.path.norm(dim=1).min() < 0.2
    assert found.barrier == pytest.approx((2 * alpha) ** 2 / 2, rel=0.02)
    ends = alpha * torch.stack([start, goal])
    torch.testing.assert_close(found.path[[0, -1]], ends, atol=1e-9, rtol=0)
    assert found.clean is not None and set(found.history) == {"line", "noise"}


def test_a_string_refuses_a_step_that_grows_and_a_denoiser_that_draws():
    law, ends = gaussian(1.0, dim=2), (torch.zeros(2), torch.ones(2))
    with pytest.raises(InputError, match="step in"):
        string(law.denoiser(cosine()), *ends, step=2.0)
    with pytest.raises(InputError, match="a path needs the posterior mean"):
        string(law.denoiser(cosine(), draws=True), *ends)
