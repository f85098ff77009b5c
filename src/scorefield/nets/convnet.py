"""A small convolutional classifier, whose last hidden layer serves as features for FID."""

from torch import Tensor, nn

from scorefield.core.bounds import Size
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule
from scorefield.nets._pool import Pool

ROLE, KINDS = "classifier", ("images",)


def convnet(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    width: Size = 32,
    features: Size = 128,
    classes: Size = 10,
) -> Network:
    """Images (B, C, H, W) in [-1, 1] to logits (B, classes)."""
    return ConvNet(shapes["train"][1], width, features, classes)


class ConvNet(Network):
    """Five convolutions, and a layer of `features` values before the logits."""

    def __init__(self, channels: int, width: int, features: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *block(channels, width, 1),
            *block(width, width, 2),
            *block(width, 2 * width, 1),
            *block(2 * width, 2 * width, 2),
            *block(2 * width, 2 * width, 1),
            Pool(4),
            nn.Flatten(),
            nn.Linear(32 * width, features),
        )
        self.head = nn.Sequential(nn.SiLU(), nn.Linear(features, classes))

    def features(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) in [-1, 1] to features (B, F)."""
        return self.body(x)

    def probabilities(self, features: Tensor) -> Tensor:
        """Features (B, F) to class probabilities (B, classes)."""
        return self.head(features).softmax(1)

    def forward(self, x: Tensor, t: Tensor | None = None) -> Tensor:
        return self.head(self.features(x))


def block(channels: int, out: int, stride: int) -> tuple[nn.Module, ...]:
    """A convolution, group normalisation and SiLU."""
    conv = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False)
    return conv, nn.GroupNorm(8, out), nn.SiLU()
