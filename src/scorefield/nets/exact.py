"""The exact denoiser of data whose law is a Gaussian mixture, or of training images; nothing is
trained."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from scorefield.core.bounds import Positive
from scorefield.core.empirical import Empirical
from scorefield.core.exact import Mixture
from scorefield.core.network import Network, Prediction
from scorefield.core.schedule import Schedule, aligned
from scorefield.nets._images import TrainingImages

ROLE, KINDS = "denoiser", ("points", "layouts", "images")


def exact(shapes: dict[str, list[int]], schedule: Schedule, *, width: Positive = 0.37) -> Network:
    """Vectors (B, D) and t to E[x_0 | x_t] (B, D), for a dataset with a known law; with xi, vectors
    (B, 2 D), to a draw from p(x_0 | x_t). For a dataset of E laws side by side, points (B, E, D) or
    their rows (B E, D) in the same order.

    For images (B, C, H, W), whose true law is not known, the law is that of the training images,
    each smoothed by a Gaussian of std `width`, in units of pixels in [-1, 1]. The default is the
    width under which the validation digits are most likely without noise, see
    `core.empirical.likeliest_width`: 0.366 for 3,600 training digits. Other data need their own.
    """
    if "mixture.mean" not in shapes and len(shapes["train"]) == 4:
        return ExactImages(shapes, schedule, width)
    return Exact({key: shapes[f"mixture.{key}"] for key in ("weight", "mean", "cov")}, schedule)


class Exact(Network):
    """The exact denoiser; its buffers are the parameters of the mixture, (E, ...) for E laws."""

    predict: Prediction = "x0"
    float64 = True

    def __init__(self, shapes: dict[str, list[int]], schedule: Schedule) -> None:
        super().__init__()
        self.schedule, self.mixture = schedule, nn.Module()
        for key, shape in shapes.items():
            self.mixture.register_buffer(key, torch.zeros(*shape, dtype=torch.float64))

    def begin(self, data: dict[str, Tensor]) -> None:
        """Set the law to that of the dataset."""
        self.load_state_dict({key: data[key] for key in self.state_dict()})

    def law(self) -> Mixture:
        """The mixture, in float64."""
        return Mixture(*(self.mixture.get_buffer(key) for key in ("weight", "mean", "cov")))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        law = self.law()
        if law.weight.ndim == 2:
            means = self.each(self._mean, x, t)
            return means.transpose(0, 1).reshape(x.shape).to(x.dtype)
        point, xi = x.double().tensor_split([law.mean.shape[1]], 1)
        if xi.shape[1]:
            return law.draw(self.schedule, point, t, xi).to(x.dtype)
        return law.denoiser(self.schedule)(point, t).to(x.dtype)

    def traces(self, x: Tensor, t: Tensor | float) -> Tensor:
        """tr Cov[x_0 | x_t] of rows (B E, D), the points of all laws, shape (B E,)."""

        def diagonal(law: Mixture, at: Tensor, t: Tensor) -> Tensor:
            return law.covariance(self.schedule, at, t).diagonal(dim1=1, dim2=2)

        return self.each(diagonal, x, t).sum(-1).transpose(0, 1).flatten()

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor:
        """-log p_t of rows (B E, D) under their laws, shape (B E,)."""

        def energy(law: Mixture, at: Tensor, t: Tensor) -> Tensor:
            return -law.log_prob(self.schedule, at, t)

        return self.each(energy, x, t).transpose(0, 1).flatten()

    def _mean(self, law: Mixture, at: Tensor, t: Tensor) -> Tensor:
        """E[x_0 | x_t] of points (B, D). At one time for all of them every component has one
        precision and one gain, and two matrix products replace tensors of shape (B, K, D)."""
        if t.ndim:
            return law.denoiser(self.schedule)(at, t)
        alpha, sigma = self.schedule(t)
        variance, basis = law.axes
        noised = alpha**2 * variance + sigma**2
        precision = (basis / noised[:, None]) @ basis.mT
        gain = (basis * (alpha * variance / noised)[:, None]) @ basis.mT
        centre = alpha * law.mean[..., None]
        pull, rest = (precision @ centre)[..., 0], law.mean - (gain @ centre)[..., 0]
        height = law.weight.log() - (noised.log().sum(-1) + (pull * centre[..., 0]).sum(-1)) / 2
        squares = (at[:, :, None] * at[:, None]).flatten(1)
        share = (height + at @ pull.T - squares @ precision.flatten(1).T / 2).softmax(-1)
        turned = (share @ gain.flatten(1)).unflatten(1, gain.shape[1:]) @ at[..., None]
        return share @ rest + turned[..., 0]

    def each(
        self,
        function: Callable[[Mixture, Tensor, Tensor], Tensor],
        x: Tensor,
        t: Tensor | float,
    ) -> Tensor:
        """function(law, points, times) for the points of each law, (E, B, ...)."""
        parts = tuple(self.mixture.buffers())
        members = len(parts[0])
        points = x.double().reshape(-1, members, x.shape[-1]).transpose(0, 1)
        t, time_axis = aligned(t, x.double()), None
        if t.ndim == 3:
            t = t.reshape(-1, 1)
        elif t.ndim == 2:  # each row has its own time
            t, time_axis = t.reshape(-1, members, 1).transpose(0, 1), 0

        def of_law(at: Tensor, t: Tensor, *part: Tensor) -> Tensor:
            return function(Mixture(*part), at, t)

        return torch.vmap(of_law, (0, time_axis, *[0] * len(parts)))(points, t, *parts)


class ExactImages(Network):
    """The exact denoiser of the smoothed law of training images (B, C, H, W); in float64, one
    product of (B, C H W) with (C H W, N) and one back."""

    predict: Prediction = "x0"
    float64 = True

    def __init__(self, shapes: dict[str, list[int]], schedule: Schedule, width: float) -> None:
        super().__init__()
        self.schedule, self.train_split = schedule, TrainingImages(shapes, "train", width)

    def begin(self, data: dict[str, Tensor]) -> None:
        """Set the law to that of the training images."""
        self.train_split.begin(data)

    def law(self) -> Empirical:
        """The law of the training images, in float64."""
        return self.train_split.law()

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        law = self.law()
        image, xi = x.tensor_split([law.shape[0]], 1)
        if xi.shape[1]:
            return law.draw(self.schedule, image, t, xi).to(x.dtype)
        return law.expected(self.schedule, image, t).to(x.dtype)

    def traces(self, x: Tensor, t: Tensor | float) -> Tensor:
        """tr Cov[x_0 | x_t] of images (B, C, H, W), shape (B,)."""
        return self.law().traces(self.schedule, x, t)

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor:
        """-log p_t of images (B, C, H, W), shape (B,)."""
        return -self.law().log_prob(self.schedule, x, t)

    def variances(self, x: Tensor, t: Tensor | float) -> Tensor:
        """The diagonal of Cov[x_0 | x_t] of images (B, C, H, W), of their shape."""
        return self.law().variances(self.schedule, x, t)
