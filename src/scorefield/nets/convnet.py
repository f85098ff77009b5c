"""A small convolutional classifier, whose last hidden layer serves as features for FID."""

from torch import Tensor, nn

from scorefield.core.schedule import Schedule


def convnet(
    shapes: dict[str, list[int]], schedule: Schedule, *, width: int, features: int, classes: int
) -> nn.Module:
    """Images (B, C, H, W) in [-1, 1] to logits (B, classes)."""
    return ConvNet(shapes["train"][1], width, features, classes)


class ConvNet(nn.Module):
    def __init__(self, channels: int, width: int, features: int, classes: int) -> None:
        super().__init__()
        block = lambda a, b, stride: [
            nn.Conv2d(a, b, 3, stride, padding=1, bias=False),
            nn.GroupNorm(8, b),
            nn.SiLU(),
        ]
        self.body = nn.Sequential(
            *block(channels, width, 1),
            *block(width, width, 2),
            *block(width, 2 * width, 1),
            *block(2 * width, 2 * width, 2),
            *block(2 * width, 2 * width, 1),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(32 * width, features),
        )
        self.head = nn.Sequential(nn.SiLU(), nn.Linear(features, classes))

    def features(self, x: Tensor) -> Tensor:
        """Images (B, C, H, W) in [-1, 1] to features (B, F)."""
        return self.body(x)

    def forward(self, x: Tensor, t: Tensor | None = None) -> Tensor:
        return self.head(self.features(x))
