"""The base class of networks: hooks that a network may override."""

from typing import Any, Literal

from torch import Tensor, nn

from scorefield.core.schedule import Schedule

Prediction = Literal["x0", "eps", "v", "flow", "edm"]


class Network(nn.Module):
    """A network called with (x, t), or (x, t, labels) where it takes labels.

    A subclass overrides what differs; a plain nn.Module has all the defaults.

    `predict` is what the network predicts, where it and not its objective decides that; `classes`
    the number of labels, 0 for none; `precision` the number format of matrix products; `float64`
    whether it computes in float64; `resolved` the configuration that a saved network is rebuilt
    from, where its knobs are not enough. A network that `jumps` is called with (x, t, labels or
    None, s): it predicts the average velocity between the times s and t, at s = t the velocity.
    `own_schedule` and `std` are the noise levels and the standard deviation of the data that a
    pretrained network comes with.
    """

    predict: Prediction | None = None
    classes: int = 0
    precision: str = "float32"
    float64: bool = False
    resolved: dict[str, Any] | None = None
    jumps: bool = False
    own_schedule: Schedule | None = None
    std: float = 1.0

    def begin(self, data: dict[str, Tensor]) -> None:
        """Set what is taken from the dataset and not learned, before the first training step."""

    def rowwise(self) -> tuple[nn.Module, ...]:
        """The parts that treat the rows of a batch independently; with several processes each
        computes some of the rows of these parts."""
        return (self,)

    def embeddings(self) -> tuple[nn.Module, ...]:
        """The parts whose weights are not hidden, besides the first and the last layer: embeddings
        of times, labels, other inputs."""
        return ()

    def training_labels(self, labels: Tensor | None) -> Tensor | None:
        """Labels (B,) of a batch as the network takes them; in training some may be dropped."""
        return labels

    def decode(self, x: Tensor) -> Tensor:
        """Images in [-1, 1] of what the network denoises, such as latents."""
        return x

    def encode(self, x: Tensor) -> Tensor:
        """What the network denoises of images in [-1, 1]."""
        return x

    def diffusers_config(self) -> dict[str, Any]:
        """The configuration for diffusers' own loader; empty where it cannot load the network."""
        return {}


DEFAULTS = Network()


def hooks(net: nn.Module) -> Network:
    """The network itself, or the defaults of a plain nn.Module."""
    return net if isinstance(net, Network) else DEFAULTS


def hidden_weights(net: nn.Module) -> list[nn.Parameter]:
    """The matrices and kernels of a network without those of its first and its last layer and of
    its embeddings, in the order of its parameters."""
    embedded = {id(weight) for part in hooks(net).embeddings() for weight in part.parameters()}
    found = [weight for weight in net.parameters() if weight.ndim > 1]
    return [weight for weight in found[1:-1] if id(weight) not in embedded]


class Wrapped(Network):
    """A plain nn.Module as a Network."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, *inputs: Tensor) -> Tensor:
        out: Tensor = self.net(*inputs)
        return out


def rebuilt_from(net: nn.Module, resolved: dict[str, Any], predict: Prediction) -> Network:
    """The network with the configuration it is rebuilt from, and what it predicts."""
    kept = net if isinstance(net, Network) else Wrapped(net)
    kept.resolved, kept.predict = resolved, predict
    return kept
