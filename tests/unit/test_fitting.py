"""`sf.sample` and `sf.fit`: laws that are known, arrays, and what is wrong with them."""

import numpy as np
import pytest
import torch

import scorefield as sf
from scorefield.data._points import LAYOUTS
from scorefield.data.modes import modes
from scorefield.pipeline.files import to_unit
from tests.helpers.image_law import ImageLaw
from tests.helpers.laws import two_classes

# a law that is known


def test_heun_samples_of_an_exact_mixture_are_within_chance_of_exact_draws():
    law, n = sf.Mixture.grid(5, rare=0.01), 400
    samples = sf.sample(law.denoiser(), n=n, sampler="heun", steps=25)
    pairs = [(law.sample(n)[0], law.sample(n)[0]) for _ in range(200)]
    chance = torch.tensor([sf.metrics.mmd(x, y) for x, y in pairs])
    assert sf.metrics.mmd(samples, law.sample(n)[0]) < chance.quantile(0.99)


@pytest.mark.parametrize("layout", ["ring", "grid"])
def test_a_friendly_mixture_is_the_law_of_the_dataset_of_that_name(layout):
    law = sf.Mixture.ring(rare=0.03) if layout == "ring" else sf.Mixture.grid(rare=0.03)
    data = modes(layout=layout, weight=0.03, train=1, validation=1, test=1)
    for key, value in (("weight", law.weight), ("mean", law.mean), ("cov", law.cov)):
        assert torch.equal(value, data[f"mixture.{key}"])
    assert len(law.mean) == len(LAYOUTS[layout]()[0])


def test_a_mixture_of_lists_is_that_of_its_tensors_and_weights_sum_to_one():
    law = sf.Mixture.isotropic([[0, 0], [3, 1]], 0.5, [3, 1])
    assert law.weight.tolist() == [0.75, 0.25] and law.mean.tolist() == [[0, 0], [3, 1]]
    assert torch.equal(law.cov, 0.25 * torch.eye(2, dtype=torch.float64).expand(2, 2, 2))
    assert sf.Mixture.ring(4).weight.tolist() == [0.25] * 4


# samples


def test_a_sample_depends_on_the_seed_and_its_index_alone():
    d = sf.Mixture.ring().denoiser()
    given = {"sampler": "ancestral", "steps": 5, "seed": 3}
    whole = sf.sample(d, n=7, **given)
    torch.testing.assert_close(sf.sample(d, n=7, chunk=2, **given), whole)
    torch.testing.assert_close(sf.sample(d, n=3, **given), whole[:3])
    assert not torch.allclose(sf.sample(d, n=7, **given | {"seed": 4}), whole)


def test_samples_have_no_gradients_and_leave_the_programs_random_numbers_alone():
    weight = torch.ones((), requires_grad=True)
    d = sf.denoiser(lambda x, t: weight * x, "cosine", draws=True, shape=(2,))
    before = torch.get_rng_state()
    assert not sf.sample(d, n=2, sampler="ancestral", steps=2).requires_grad
    assert torch.equal(torch.get_rng_state(), before)


def test_of_standard_normal_data_samples_are_the_noise_itself():
    schedule = sf.cosine()
    d = sf.denoiser(lambda x, t: schedule.alpha(t) * x, schedule)
    samples = sf.sample(d, n=5, sampler="heun", steps=64, shape=(3,), seed=1)
    torch.testing.assert_close(
        samples, sf.streams(1, range(5))(torch.empty(5, 3)), rtol=0, atol=2e-3
    )


def test_a_sampler_may_be_a_function_and_takes_its_own_knobs():
    d = sf.Mixture.ring().denoiser()
    given = {"n": 4, "steps": 5, "churn": 0.0}
    named = sf.sample(d, sampler="ancestral", **given)
    assert torch.equal(named, sf.sample(d, sampler=sf.samplers.ancestral, **given))
    assert torch.equal(named, sf.sample(d, n=4, steps=5))


def test_a_label_reaches_the_sample_that_it_is_given_for():
    torch.manual_seed(0)
    array, labels = torch.rand(40, 8, 8).numpy(), np.arange(40) % 3
    small = {"width": 16, "depth": 1, "heads": 2, "patch": 4, "overlap": 1, "batch": 8}
    model = sf.fit(array, "dit", labels=labels, steps=20, lr=0.1, progress=False, **small)
    guided = sf.guidance.cfg(model, scale=2.0)
    both = sf.sample(guided, n=2, steps=2, condition=[0, 2])
    same = sf.sample(guided, n=2, steps=2, condition=[0, 0])
    assert model.classes == 3 and torch.allclose(both[0], same[0], atol=1e-4)
    assert not torch.allclose(both[1], same[1], atol=1e-4)


# an array


def test_a_model_of_an_array_has_its_mean_and_covariance():
    rng = np.random.default_rng(0)
    array = rng.normal(size=(4000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.5]]) + [1.0, -1.0]
    model = sf.fit(array, steps=600, width=64, progress=False)
    samples = sf.sample(model, n=4000, sampler="heun", steps=12).numpy()
    np.testing.assert_allclose(samples.mean(0), array.mean(0), atol=0.1)
    np.testing.assert_allclose(np.cov(samples.T), np.cov(array.T), atol=0.12)


def test_the_same_array_and_seed_give_the_same_frozen_weights_and_disturb_nothing(tmp_path, capfd):
    array = np.random.default_rng(0).normal(size=(50, 3))
    before = torch.get_rng_state()
    given = {"steps": 4, "seed": 5, "width": 8, "depth": 1, "progress": False}
    first, second = (sf.fit(array, folder=tmp_path / "kept", **given) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before) and capfd.readouterr().err == ""
    x = torch.randn(4, 3)
    assert torch.equal(first(x, 0.5), second(x, 0.5))
    assert torch.equal(sf.load(tmp_path / "kept")(x, 0.5), first(x, 0.5))
    assert not first.training and not any(p.requires_grad for p in first.parameters())
    assert not torch.equal(sf.fit(array, **given | {"seed": 6})(x, 0.5), first(x, 0.5))


def test_bytes_and_their_floats_are_the_same_images():
    bytes_ = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
    given = {"steps": 1, "small": (8, 16), "layers": 1, "batch": 4, "progress": False}
    models = [sf.fit(x, **given) for x in (bytes_, bytes_[:, None] / np.float32(127.5) - 1)]
    x = torch.randn(2, 1, 8, 8)
    assert models[0].shape == (1, 8, 8) and torch.equal(models[0](x, 0.5), models[1](x, 0.5))


# a closed form


def test_the_exact_denoiser_of_points_is_that_of_their_mixture_and_of_images_that_of_their_law():
    points, x = sf.data.modes(layout="grid", train=1, validation=1, test=1), torch.randn(4, 2)
    expected = sf.Mixture.grid(rare=0.01).denoiser()(x.double(), torch.tensor(0.5))
    torch.testing.assert_close(sf.exact(points)(x, 0.5).double(), expected, rtol=0, atol=1e-6)
    images, _ = two_classes(6)
    law, x_t = ImageLaw(to_unit(images), 0.2), torch.randn(4, *images.shape[1:])
    found = sf.exact({"train": images}, width=0.2)(x_t, 0.5)
    torch.testing.assert_close(found, law(x_t, torch.tensor(0.5)), rtol=0, atol=1e-5)


def test_guided_by_the_exact_ratio_at_scale_one_it_is_the_exact_denoiser_of_that_class_alone():
    images, labels = two_classes(30)
    data = {"train": images, "train_pair": images.rot90(-1, (2, 3)), "train_labels": labels}
    guided = sf.guidance.ratio(
        sf.exact(data, width=0.1), sf.exact_ratio(data, width=0.1), scale=1.0, bound=0.0
    )
    for label in (0, 1):
        y, x = to_unit(data["train_pair"][labels == label][:4]), torch.randn(4, *images.shape[1:])
        (bound,) = sf.Chunk(torch.randn_like, y).bind(guided)
        alone = sf.exact({"train": images[labels == label]}, width=0.1)
        torch.testing.assert_close(bound(x, 0.6), alone(x, 0.6), rtol=0, atol=1e-4)


# what is wrong

POINTS = np.random.default_rng(0).normal(size=(20, 2))
IMAGES = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8))
D = sf.Mixture.ring().denoiser()
WRONG = {
    "nan": (lambda: sf.fit(np.where(np.arange(20)[:, None] == 3, np.nan, POINTS)), "row 3 "),
    "range": (lambda: sf.fit(128 * IMAGES + 128), "bytes .* or as floats in "),
    "channels": (lambda: sf.fit(np.zeros((20, 8, 8, 3))), "channels last"),
    "rows": (lambda: sf.fit(POINTS[:5]), "at least 10 rows, found 5"),
    "vector": (lambda: sf.fit(np.zeros(20)), r"found \[20\]"),
    "words": (lambda: sf.fit(np.array([["a", "b"]] * 20)), "expected numbers"),
    "size": (lambda: sf.fit(1000 * POINTS), "root mean square"),
    "side": (lambda: sf.fit(IMAGES[:, :7]), "unet: 7 x 8 pixels"),
    "knob": (lambda: sf.fit(POINTS, widht=64), "fit.widht: .* did you mean 'width'"),
    "value": (lambda: sf.fit(POINTS, width=0), "fit.width: expected a whole number of at least 1"),
    "net": (lambda: sf.fit(POINTS, "mpl"), "no nets named 'mpl'"),
    "law": (lambda: sf.fit(POINTS, "exact"), "needs other data than samples"),
    "objective": (lambda: sf.fit(POINTS, objective="classifier"), "expected dddm or ddpm"),
    "labels": (lambda: sf.fit(POINTS, labels=np.zeros(20, int)), "labels: mlp takes none"),
    "exact": (lambda: sf.exact({"train": torch.zeros(3, 2)}), "exact: needs other data"),
    "pairs": (lambda: sf.exact_ratio({"train": torch.zeros(3, 1, 2, 2)}), "as 'train_pair'"),
    "width": (lambda: sf.exact({}, widht=1.0), "exact.widht: .* did you mean 'width'"),
    "folder": (lambda: sf.load("nowhere"), "nowhere: expected the folder of a model"),
    "function": (lambda: sf.sample(lambda x, t: x), "sf.denoiser"),
    "shape": (lambda: sf.sample(sf.denoiser(lambda x, t: x, "linear")), "pass one, such as shape="),
    "sampler": (lambda: sf.sample(D, sampler="huen"), "did you mean 'heun'"),
    "churn": (lambda: sf.sample(D, sampler="ancestral", churn=2.0), "sample.churn: expected"),
    "number": (lambda: sf.sample(D, n=0), "sample.n: expected a whole number of at least 1"),
    "draws": (
        lambda: sf.sample(sf.Mixture.ring().denoiser(draws=True), sampler="heun"),
        "heun needs the posterior mean",
    ),
    "condition": (lambda: sf.sample(D, n=3, condition=[0, 1]), "one for each of 3 samples"),
    "schedule": (lambda: sf.denoiser(lambda x, t: x, "cosin"), "expected one of cosine"),
    "rare": (lambda: sf.Mixture.ring(rare=1.0), "a share in"),
    "weights": (lambda: sf.Mixture.isotropic([[0.0, 0.0]], 1.0, [1, 1]), "K weights"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_one_line(case):
    run, words = WRONG[case]
    with pytest.raises(sf.InputError, match=words) as error:
        run()
    assert "\n" not in str(error.value)
