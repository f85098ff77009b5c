"""The base of networks: what a network may tell of itself, with defaults that fit most."""

from typing import Any, Literal

from torch import Tensor, nn

Prediction = Literal["x0", "eps", "v"]


class Network(nn.Module):
    """A network called with (x, t), or (x, t, labels) where it takes labels.

    Subclass it and override what differs; a plain nn.Module in its place has all the defaults.

    `predict` is what it puts out, where it decides that itself (else its objective does);
    `classes` how many labels it takes, 0 for none; `precision` the arithmetic of its matrices;
    `resolved` what a stored model rebuilds it from, where that is more than its own knobs.
    """

    predict: Prediction | None = None
    classes: int = 0
    precision: str = "float32"
    resolved: dict[str, Any] | None = None

    def begin(self, data: dict[str, Tensor]) -> None:
        """Take from the dataset what is not learned, before the first step of training."""

    def rowwise(self) -> tuple[nn.Module, ...]:
        """The parts that look at one row of a batch at a time; several processes share these."""
        return (self,)

    def training_labels(self, labels: Tensor | None) -> Tensor | None:
        """Labels (B,) of a whole batch as the network is given them; in training some may be left
        out."""
        return labels

    def diffusers_config(self) -> dict[str, Any]:
        """What diffusers' own loader needs to read the weights; nothing where it cannot."""
        return {}


DEFAULTS = Network()


def hooks(net: nn.Module) -> Network:
    """The network itself, or the defaults of a plain nn.Module."""
    return net if isinstance(net, Network) else DEFAULTS


class Wrapped(Network):
    """A plain nn.Module as a Network."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, *given: Tensor) -> Tensor:
        out: Tensor = self.net(*given)
        return out


def rebuilt_from(net: nn.Module, resolved: dict[str, Any], predict: Prediction) -> Network:
    """The network with what it is rebuilt from, where its section alone would not do."""
    kept = net if isinstance(net, Network) else Wrapped(net)
    kept.resolved, kept.predict = resolved, predict
    return kept
