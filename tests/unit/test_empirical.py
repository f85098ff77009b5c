"""The smoothed law of given examples: every answer equals that of a Gaussian mixture."""

import pytest
import torch
from torch.func import jvp, vmap

from scorefield.core.denoiser import score
from scorefield.core.empirical import Empirical, likeliest_width
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.model import Model
from scorefield.core.registry import defaults
from scorefield.core.schedule import aligned, cosine
from scorefield.core.tilt import gradient
from scorefield.data.mnist import mnist
from scorefield.experiments.instability_maps import LawsNetwork
from scorefield.nets.exact import exact
from scorefield.nets.ratio_exact import ratio_exact
from scorefield.pipeline.files import to_unit
from tests.helpers.laws import two_classes

pytestmark = pytest.mark.usefixtures("double")

COSINE, SHAPE, WIDTH = cosine(), (1, 2, 2), 0.3
TIMES = [0.0, 0.2, 0.6, 1.0]


def both(t=0.5):
    """An empirical law, the same mixture, and points x_t (B, 1, 2, 2)."""
    images, labels = two_classes()
    law = Empirical.of(to_unit(images), WIDTH, labels)
    mixture = Mixture.isotropic(to_unit(images).double().flatten(1), WIDTH)
    return law, mixture, COSINE.add_noise(torch.randn(7, *SHAPE), t)


def rows(x):
    return x.flatten(1)


@pytest.mark.parametrize("t", [*TIMES, torch.linspace(0.1, 0.9, 7)], ids=str)
def test_density_posterior_mean_and_covariance_are_those_of_the_mixture_of_its_components(t):
    law, mixture, x = both(t)
    s = aligned(t, rows(x))
    torch.testing.assert_close(law.log_prob(COSINE, x, t), mixture.log_prob(COSINE, rows(x), s))
    share, _, _ = mixture.posterior(COSINE, rows(x), s)
    torch.testing.assert_close(law.log_weights(COSINE, x, t).exp(), share)
    mean = mixture.expected(COSINE, rows(x), s).view_as(x)
    torch.testing.assert_close(law.expected(COSINE, x, t), mean)
    due = mixture.covariance(COSINE, rows(x), s)
    diagonal = due.diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(law.variances(COSINE, x, t), diagonal.view_as(x))
    torch.testing.assert_close(law.traces(COSINE, x, t), diagonal.sum(1))
    v = torch.randn_like(x)
    product = law.covariance_product(COSINE, x, t, v)
    torch.testing.assert_close(product, (due @ rows(v)[..., None]).view_as(x))
    spectrum = law.spectrum(COSINE, x, t)
    torch.testing.assert_close(spectrum, torch.linalg.eigvalsh(due), atol=1e-9, rtol=1e-6)


def test_the_spectrum_is_the_same_from_a_gram_matrix_of_fewer_examples_than_dimensions():
    images, labels = torch.rand(5, 1, 3, 3), torch.zeros(5).long()
    law, mixture = Empirical.of(images, WIDTH, labels), Mixture.isotropic(images.flatten(1), WIDTH)
    x, t = torch.randn(4, 1, 3, 3), torch.tensor(0.5)
    due = torch.linalg.eigvalsh(mixture.covariance(COSINE, rows(x), t))
    torch.testing.assert_close(law.spectrum(COSINE, x, t), due)


def test_the_score_is_the_gradient_of_the_log_density():
    law, _, x = both(0.4)
    found = gradient(lambda x, t: law.log_prob(COSINE, x, t), x, torch.tensor(0.4))
    torch.testing.assert_close(score(law.denoiser(COSINE), x, 0.4), found)


def test_the_covariance_is_sigma_squared_over_alpha_times_the_slope_of_the_mean():
    """Forward-mode derivatives, also under vmap."""
    law, _, x = both(0.4)
    alpha, sigma = COSINE(torch.tensor(0.4))
    v = torch.randn(3, *x.shape)

    def slope(v):
        return jvp(lambda x: law.expected(COSINE, x, 0.4), (x,), (v,))[1]

    found = sigma**2 / alpha * vmap(slope)(v)
    due = torch.stack([law.covariance_product(COSINE, x, 0.4, each) for each in v])
    torch.testing.assert_close(found, due)


def test_samples_have_the_mean_and_the_covariance_of_the_law():
    law, mixture, _ = both()
    x, k = law.sample(50_000, torch.Generator().manual_seed(0))
    middle = mixture.mean.mean(0)
    spread = torch.cov(mixture.mean.T, correction=0) + WIDTH**2 * torch.eye(4)
    torch.testing.assert_close(rows(x).mean(0), middle, atol=1e-2, rtol=0)
    torch.testing.assert_close(torch.cov(rows(x).T), spread, atol=1e-2, rtol=0)
    assert len(k.unique()) == 40


def test_draws_from_the_posterior_are_those_of_the_mixture_from_the_same_noise():
    law, mixture, x = both(0.6)
    xi = torch.randn_like(x)
    due = mixture.axes[1]  # of an isotropic component: the identity, up to signs
    assert torch.equal(due.abs(), torch.eye(4).expand_as(due))
    found = law.draw(COSINE, x, 0.6, xi)
    torch.testing.assert_close(
        rows(found), mixture.draw(COSINE, rows(x), torch.tensor(0.6), rows(xi))
    )
    many = x[:1].expand(50_000, *SHAPE)
    drawn = rows(law.draw(COSINE, many, 0.6, torch.randn_like(many)))
    expected = rows(law.expected(COSINE, x[:1], 0.6))[0]
    torch.testing.assert_close(drawn.mean(0), expected, atol=1e-2, rtol=0)
    due = mixture.covariance(COSINE, rows(x[:1]), torch.tensor(0.6))[0]
    torch.testing.assert_close(torch.cov(drawn.T), due, atol=1e-2, rtol=0)


def test_class_posteriors_follow_from_the_densities_of_the_classes():
    images, labels = two_classes(31)
    x, law = torch.randn(7, *SHAPE), Empirical.of(to_unit(images), WIDTH, labels)
    parts = [Empirical.of(to_unit(images)[labels == c], WIDTH) for c in (0, 1)]
    joint = torch.stack([part.log_prob(COSINE, x, 0.5) for part in parts], 1)
    due = (joint + torch.tensor([16 / 31, 15 / 31]).log()).log_softmax(1)
    torch.testing.assert_close(law.log_classes(COSINE, x, 0.5), due)


def network(**knobs):
    """The exact network of images, ready for use, and its law."""
    images, labels = two_classes()
    data = {"train": to_unit(images), "train_labels": labels}
    net = exact({key: list(value.shape) for key, value in data.items()}, COSINE, **knobs)
    net.begin(data)
    return net


def test_the_exact_network_of_images_knows_its_law_and_its_bytes():
    net = network(width=WIDTH)
    other = exact({"train": [40, *SHAPE]}, COSINE, width=WIDTH)
    x = torch.randn(5, *SHAPE)
    model = Model(other, COSINE, "v", SHAPE)
    assert not torch.equal(model(x, 0.5), Model(net, COSINE, "v", SHAPE)(x, 0.5))
    other.load_state_dict(net.state_dict())
    assert torch.equal(model(x, 0.5), net.law().expected(COSINE, x, 0.5))
    assert net.state_dict()["train_split.images"].dtype == torch.uint8
    assert isinstance(net, LawsNetwork)
    torch.testing.assert_close(net.energies(x, 0.5), -net.law().log_prob(COSINE, x, 0.5))
    torch.testing.assert_close(net.traces(x, 0.5), net.law().spectrum(COSINE, x, 0.5).sum(1))


def test_no_examples_and_a_width_of_zero_are_refused():
    for wrong in (lambda: Empirical.of(torch.zeros(0, 2), 1.0), lambda: network(width=0.0).law()):
        with pytest.raises(InputError, match="empirical law"):
            wrong()
    with pytest.raises(InputError, match="labels"):
        Empirical.of(torch.zeros(3, 2), 1.0).log_classes(COSINE, torch.zeros(1, 2), 0.5)


def test_the_default_width_maximises_the_likelihood_of_validation_digits():
    data = mnist()
    train, held = to_unit(data["train"]), to_unit(data["validation"])
    default = defaults(exact)["width"]
    assert likeliest_width(train, held) == pytest.approx(default, abs=0.005)
    near, best, far = (
        Empirical.of(train, width).log_prob(COSINE, held, 0.0).mean().item()
        for width in (default - 0.03, default, default + 0.03)
    )
    assert best > near and best > far
    assert defaults(ratio_exact)["width"] == default
