"""What the book asks by experiment: each study's configurations, pictures and seeds.

The runs are recorded in the package, one file a study, by ``benchmarks/experiments.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alexnet_tutorial.shapes.architecture import LRN, Architecture, Conv, Dense, Flatten, Pool
from alexnet_tutorial.shapes.variants import variant

from .experiments import Configuration, Part

if TYPE_CHECKING:
    from alexnet_tutorial.pictures import Sets


def _validation_accuracy(run: dict) -> float:
    """Give a run's accuracy on the validation pictures."""
    return float(run["validation_accuracy"])


@dataclass(frozen=True)
class Study:
    """Runs that answer one question.

    Attributes:
        name: What it is called; the file of its runs is ``<name>.jsonl``.
        configurations: Each by its name, in the order in which they are run.
        load: Gives the pictures for a seed.
        seeds: Those of the recorded runs. Where the names end in a rate, all rates are run with
            the first seed, and with the others each arm's best alone.
        measure: What the best rate is chosen by; never the test pictures.
    """

    name: str
    configurations: dict[str, Configuration]
    load: "Callable[[int], Sets]"
    seeds: tuple[int, ...]
    measure: "Callable[[dict], float]" = _validation_accuracy


def _rated(arms):
    """Each arm with each of its rates."""
    for arm, rates in arms:
        for rate in rates:
            yield replace(arm, name=f"{arm.name}, rate {rate:g}", learning_rate=rate)


# ---- Hands: the compact network without each part in turn -----------------------------------

_COMPACT = variant("compact")


def _changed(network, which, **changes):
    """A network with these fields changed in some layers, but never in the last.

    ``which`` holds names or kinds of layers.
    """
    *layers, last = network.layers
    changed = [
        replace(layer, **changes) if {layer.name, layer.kind} & {*which} else layer
        for layer in layers
    ]
    return replace(network, layers=[*changed, last])


def _with_lrn(network):
    """The network with a normalization after conv1 and conv2, as that of 2012."""
    layers = []
    for layer in network.layers:
        layers.append(layer)
        if layer.name in ("conv1", "conv2"):
            layers.append(LRN(layer.name.replace("conv", "lrn")))
    return replace(network, layers=layers)


def _without_overlap(network):
    """The network with pools that do not overlap, and maps of the same sizes as before."""
    # A window as large as its stride; 6 × 6 become 2 × 2 by 3, so that fc6 stays as large.
    layers = [
        replace(step.layer, pool_size=size, strides=size)
        if step.layer.kind == "pool" and (size := step.input[0] // step.output[0])
        else step.layer
        for step in network.steps
    ]
    return replace(network, layers=layers)


def _two_towers(network):
    """The network with conv2, conv4 and conv5 in two groups, as that of two GPUs."""
    return _changed(network, ("conv2", "conv4", "conv5"), groups=2)


def _half_width(network):
    """One tower alone: half of the filters, except in conv5, as the paper's network of one GPU."""
    layers = [
        replace(layer, filters=layer.filters // 2)
        if layer.name in ("conv1", "conv2", "conv3", "conv4")
        else layer
        for layer in network.layers
    ]
    return replace(network, layers=layers)


def _without_dropout(network):
    """The network with dropout that drops nothing."""
    # A rate of 0 and not a missing layer: the layers after it keep their first weights.
    return _changed(network, ("dropout",), rate=0.0)


def _with_tanh(network):
    """The network with tanh in place of ReLU."""
    return _changed(network, ("conv", "dense"), activation="tanh")


BASELINE = Configuration("baseline")
_PAPER_RULE = replace(
    BASELINE,
    name="update rule of 2012",
    optimizer="paper",
    learning_rate=0.01,
    weight_decay=5e-4,
    bias_multiplier=2.0,
)

_HANDS = {
    configuration.name: configuration
    for configuration in (
        BASELINE,
        replace(BASELINE, name="tanh", network=_with_tanh(_COMPACT)),
        replace(BASELINE, name="LRN", network=_with_lrn(_COMPACT)),
        replace(BASELINE, name="no overlap", network=_without_overlap(_COMPACT)),
        replace(BASELINE, name="no dropout", network=_without_dropout(_COMPACT)),
        replace(BASELINE, name="no augmentation", augment=False),
        replace(BASELINE, name="PCA color", color=True),
        replace(BASELINE, name="two towers", network=_two_towers(_COMPACT)),
        replace(BASELINE, name="half width", network=_half_width(_COMPACT)),
        _PAPER_RULE,
        replace(_PAPER_RULE, name="no weight decay", weight_decay=0.0),
        replace(_PAPER_RULE, name="biases at the same rate", bias_multiplier=1.0),
        replace(BASELINE, name="initialization of 2012", initialization="paper"),
    )
}

# The paper's points: Krizhevsky, Sutskever and Hinton (2012), sections 3.2 to 3.4 and 4.1.
PARTS = (
    Part("ReLU", "baseline", "tanh", "tanh"),
    Part("LRN", "LRN", "baseline", "nothing", paper=1.4),
    Part("overlapping pooling", "baseline", "no overlap", "pools side by side", paper=0.4),
    Part("dropout", "baseline", "no dropout", "nothing"),
    Part("augmentation", "baseline", "no augmentation", "the middle alone"),
    Part("PCA color", "PCA color", "baseline", "nothing", paper=1.0),
    Part("two towers", "two towers", "baseline", "one tower, as wide"),
    Part("the second tower", "two towers", "half width", "one tower, half as wide", paper=1.7),
    Part("update rule of 2012", "update rule of 2012", "baseline", "Adam"),
    Part("weight decay", "update rule of 2012", "no weight decay", "nothing"),
    Part("biases twice as fast", "update rule of 2012", "biases at the same rate", "the same rate"),
    Part("initialization of 2012", "initialization of 2012", "baseline", "He's"),
)
"""What is asked of the hands, in the order of the chapter."""


def _hands(seed):
    from alexnet_tutorial.pictures import load_signs

    return load_signs("real", seed=seed)


# ---- Figure 1 of the paper: ReLU against tanh on CIFAR-10 ------------------------------------


def four_layers(activation: str) -> Architecture:
    """Describe a network of four layers for CIFAR-10, as Krizhevsky's own of 2011 without norms.

    The sizes are those of ``layers-18pct.cfg`` in cuda-convnet
    (https://github.com/dnouri/cuda-convnet); all its pools take the maximum here.

    Args:
        activation: Of the three convolutions.

    Returns:
        The description.

    Example:
        >>> [step.output for step in four_layers("relu").steps if step.layer.kind == "pool"]
        [(16, 16, 32), (8, 8, 32), (4, 4, 64)]
    """
    layers: list = []
    for number, filters in enumerate((32, 32, 64), start=1):
        layers.append(Conv(f"conv{number}", filters, 5, padding=2, activation=activation))
        layers.append(Pool(f"pool{number}", 3, strides=2, rounding="ceil"))
    head = Dense("fc10", 10, activation="softmax")
    return Architecture(f"four-layers-{activation}", 32, (*layers, Flatten("flatten"), head))


_2011 = {"conv1": 1e-4, "conv2": 0.01, "conv3": 0.01, "fc10": 0.01}
"""Deviations of the first weights in ``layers-18pct.cfg``."""

_RATES = {
    ("bytes", "2011"): (3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    ("unit", "today"): (1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    ("unit", "2011"): (1e-2, 3e-2, 1e-1),
    ("bytes", "today"): (1e-5, 1e-4, 1e-3),
}


def _figure_1():
    """Each activation, in the units and from the first weights of 2011 and of today; its rates."""
    for (units, weights), rates in _RATES.items():
        for activation in ("relu", "tanh"):
            arm = Configuration(
                f"{activation}, {units}, {weights}",
                four_layers(activation),
                optimizer="paper",
                augment=False,
                epochs=40,
                batch_size=128,
                units=units,
                deviations=_2011 if weights == "2011" else {},
                schedule="constant",
                goal=0.75,
                pictures=5_000,
            )
            yield arm, rates


def _speed(run):
    """Minus the epochs until the goal; where it was not reached, the training accuracy decides."""
    accuracies = run["history"]["accuracy"]
    return -len(accuracies) + accuracies[-1]


def _cifar10(seed):
    from alexnet_tutorial.pictures import load_cifar10

    return load_cifar10("real", seed=seed)


# ---- Imagenette: what the parts of 2012 are worth, and when ----------------------------------

QUARTER = _changed(_COMPACT, ("conv1",), filters=24)
QUARTER = _changed(QUARTER, ("dense",), units=1024)
QUARTER = _changed(QUARTER, ("dropout",), rate=0.5)
QUARTER = replace(QUARTER, name="quarter", input_size=49).with_classes(10)
"""A quarter of AlexNet: of its filters, its dense units and its pixels."""


_FULL = Configuration(
    "full",
    QUARTER,
    optimizer="paper",
    weight_decay=5e-4,
    bias_multiplier=2.0,
    augment="2012",
    epochs=40,
    batch_size=32,
    pictures=2_130,
)
_NO_DROPOUT = replace(_FULL, name="no dropout", network=_without_dropout(QUARTER))
_NO_CROPS = replace(_FULL, name="no crops", augment=False)
_BARE = replace(_NO_DROPOUT, name="bare", augment=False, weight_decay=0.0)
_BARE_DROPOUT = replace(_BARE, name="bare + dropout", network=QUARTER)
_BARE_CROPS = replace(_BARE, name="bare + crops", augment="2012")

_RATES_SGD = (3e-3, 1e-2)
_LOWER, _HIGHER = (1e-3, *_RATES_SGD), (*_RATES_SGD, 3e-2)
_WITH_BIASES = _changed(QUARTER, ("conv2", "conv4", "conv5", "dense"), bias=1)


def _arms():
    """The full recipe less one part, the bare network and one part more; and their rates."""
    yield _FULL, _HIGHER
    yield _BARE, (*_LOWER, 3e-2)
    yield _NO_DROPOUT, _LOWER
    yield _NO_CROPS, _LOWER
    yield _BARE_DROPOUT, _LOWER
    yield _BARE_CROPS, _LOWER
    yield replace(_FULL, name="tanh", network=_with_tanh(QUARTER)), _LOWER
    yield replace(_FULL, name="Adam", optimizer="adam"), (3e-4, 1e-3, 3e-3)
    yield replace(_FULL, name="no weight decay", weight_decay=0.0), _HIGHER
    yield replace(_FULL, name="LRN", network=_with_lrn(QUARTER)), _HIGHER
    yield replace(_FULL, name="no overlap", network=_without_overlap(QUARTER)), _HIGHER
    yield replace(_FULL, name="two towers", network=_two_towers(QUARTER)), _HIGHER
    yield replace(_FULL, name="half width", network=_half_width(QUARTER)), _HIGHER
    yield replace(_FULL, name="PCA color", color=True), _HIGHER
    plain = replace(_FULL, name="0.01 in bytes", initialization="paper", units="bytes")
    yield plain, (*_LOWER, 3e-2)
    start = replace(plain, name="start of 2012", network=_WITH_BIASES, initialization="source")
    yield start, _LOWER
    yield replace(start, name="start of 2012 + LRN", network=_with_lrn(_WITH_BIASES)), _LOWER
    # A quarter of the epochs; then as many steps as above, with a quarter of the pictures and all.
    for arm in (_FULL, _NO_DROPOUT, _NO_CROPS, _BARE, _BARE_DROPOUT, _BARE_CROPS):
        yield replace(arm, name=f"{arm.name}, 10 epochs", epochs=10), _RATES_SGD
    for arm in (_FULL, _NO_DROPOUT, _NO_CROPS, _BARE, _BARE_DROPOUT):
        for pictures, epochs in ((532, 160), (8_520, 10)):
            name = f"{arm.name}, {pictures} pictures"
            yield replace(arm, name=name, pictures=pictures, epochs=epochs), _RATES_SGD
    # Four times as many epochs, for what 40 do not bring to its end.
    for arm in (_FULL, _NO_DROPOUT, _BARE, _BARE_DROPOUT):
        yield replace(arm, name=f"{arm.name}, 160 epochs", epochs=160), _RATES_SGD
    for arm in (_BARE, _BARE_DROPOUT):
        name = f"{arm.name}, 8520 pictures, 40 epochs"
        yield replace(arm, name=name, pictures=8_520), _RATES_SGD


IN_FULL = (
    Part("dropout", "full", "no dropout", "nothing"),
    Part("crops and mirroring", "full", "no crops", "the middle alone"),
    Part("weight decay", "full", "no weight decay", "nothing"),
    Part("ReLU", "full", "tanh", "tanh"),
    Part("overlapping pooling", "full", "no overlap", "pools side by side", paper=0.4),
    Part("LRN", "LRN", "full", "nothing", paper=1.4),
    Part("PCA color", "PCA color", "full", "nothing", paper=1.0),
    Part("two towers", "two towers", "full", "one tower, as wide"),
    Part("the second tower", "two towers", "half width", "one tower, half as wide", paper=1.7),
    Part("update rule of 2012", "full", "Adam", "Adam"),
    Part("0.01 in bytes", "0.01 in bytes", "full", "He's, in ±0.5"),
    Part("start of 2012", "start of 2012", "full", "He's, in ±0.5"),
    Part("LRN in bytes", "start of 2012 + LRN", "start of 2012", "nothing", paper=1.4),
)
"""What is asked of the full recipe on Imagenette: it, and it without the part."""

ALONE = (
    Part("dropout alone", "bare + dropout", "bare", "nothing"),
    Part("crops and mirroring alone", "bare + crops", "bare", "nothing"),
)
"""What is asked of the bare network on Imagenette: the part alone, and nothing."""


def _imagenette(seed):
    from alexnet_tutorial.pictures import load_imagenette

    return load_imagenette("real", seed=seed, pixels=56)


STUDIES = {
    study.name: study
    for study in (
        Study("hands", _HANDS, _hands, (0, 1, 2, 3, 4)),
        Study("figure_1", {c.name: c for c in _rated(_figure_1())}, _cifar10, (0, 1, 2), _speed),
        Study("imagenette", {c.name: c for c in _rated(_arms())}, _imagenette, (0, 1, 2)),
    )
}
"""Every study by its name."""
