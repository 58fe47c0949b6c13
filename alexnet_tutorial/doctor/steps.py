"""What the doctor examines: a model as the steps that its data take."""

from dataclasses import dataclass, field
from typing import Any

from alexnet_tutorial.doctor.report import Finding

Shape = tuple[Any, ...]
"""Sizes without the batch axis: integers, and None where one is left open."""


@dataclass(eq=False)
class Step:
    """One layer (or one bare operation) at its place in the network."""

    name: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    sources: list["Step"] = field(default_factory=list)
    inputs: list[Shape | None] = field(default_factory=list)
    output: Any = None  # a Shape, or None where it is not known
    parameters: int | None = None
    consumers: list["Step"] = field(default_factory=list)
    channels: str | None = None  # where the channels of the output really are
    clashes: bool = False  # reads its input's axes in another order than they have
    model: str | None = None  # the model inside the model that it belongs to
    trainable: bool = True
    stored: bool = False  # batch normalization by what is stored, even while the model trains

    @property
    def input(self) -> Any:
        """The :data:`Shape` of the first input; None where it is not known."""
        return self.inputs[0] if self.inputs else None

    @property
    def source(self) -> Any:
        """The step before; None before the first."""
        return self.sources[0] if self.sources else None


@dataclass(frozen=True)
class Loss:
    """A loss, as far as the checks need it."""

    name: str | None = None
    from_logits: bool = False
    ignored: int | None = None  # the label that does not count


@dataclass(frozen=True)
class Metric:
    """A metric: its name in snake case, its options, and whether it was given as a plain word."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    word: bool = False


@dataclass
class Subject:
    """Everything the checks read."""

    name: str
    steps: list[Step]
    outputs: list[Step]
    losses: list[Loss | None] = field(default_factory=list)  # one for each output
    metrics: list[list[Metric]] = field(default_factory=list)  # those of each output
    optimizer: tuple[str, dict[str, Any]] | None = None  # its kind and its options
    output_names: tuple[str, ...] = ()
    custom_step: bool = False  # it trains by a train_step of its own
    moved: tuple[tuple[str, ...], tuple[str, ...]] | None = None  # layers thawed, frozen too late
    foreign_optimizer: bool = False  # its optimizer was built for another model
    loss_name: str | None = None
    compiled: bool = False
    trainable: tuple[int, int] | None = None  # parameters that train, and all
    training: tuple[str, ...] = ()  # the layers that train
    findings: list[Finding] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    partial: bool = False  # read from a description: some parameters are not counted

    def __post_init__(self) -> None:  # noqa: D105
        for step in self.steps:
            for source in step.sources:
                source.consumers.append(step)

    @property
    def inputs(self) -> list[Step]:
        """The steps where data come in."""
        return [step for step in self.steps if step.kind == "InputLayer"]
