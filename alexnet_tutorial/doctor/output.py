"""The last activation, the loss, and what of the model trains."""

from collections.abc import Iterator, Sequence
from typing import Any

from alexnet_tutorial.doctor import formats, words
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Loss, Step, Subject

OVER_CLASSES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
)

BINARY = ("binary_crossentropy", "binary_focal_crossentropy")

MEASURES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_squared_logarithmic_error",
    "mean_absolute_percentage_error",
    "huber",
    "log_cosh",
)

_ACTIVATION_KINDS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "ReLU": "relu",
    "Relu": "relu",
    "LeakyReLU": "leaky_relu",
    "Tanh": "tanh",
}

_ON_THE_WAY = ("Reshape", "Flatten", "Dropout", "Identity", "Permute", "GlobalAveragePooling2D")


def last_activation(step: Step | None) -> str | None:
    """The function that the output went through; None where that cannot be told."""
    while step is not None:
        if step.kind in _ACTIVATION_KINDS:
            return _ACTIVATION_KINDS[step.kind]
        named = step.options.get("activation")
        if named and named != "linear":
            return named
        if step.kind == "Dense" or (formats.CONVS.match(step.kind) and step.kind[:4] == "Conv"):
            return "linear"
        if step.kind not in (*_ON_THE_WAY, "Activation"):
            return None
        step = step.source
    return None


def units_of(step: Step) -> int | None:
    """Give the size of the last axis of an output."""
    return step.output[-1] if step.output else step.options.get("units")


def check_output(subject: Subject) -> Iterator[Finding]:
    """Hold each output beside its activation and its loss."""
    losses: list[Loss | None] = subject.losses or [None] * len(subject.outputs)
    for step, loss in zip(subject.outputs, losses, strict=False):
        last, units = last_activation(step), units_of(step)
        loss = loss or Loss()
        name, logits = loss.name, loss.from_logits
        over_classes = name in OVER_CLASSES
        numbers = {"units": units, "activation": last, "loss": name, "from_logits": logits}

        def fault(code, message, cause, cure, step=step, numbers=numbers, severity="fault"):
            return Finding(code, severity, step.name, message, cause, cure, numbers)

        if units == 1 and (last == "softmax" or over_classes):
            reason = (
                "softmax divides by the sum of the outputs, and one output divided by itself is "
                "always 1"
                if last == "softmax"
                else f"{name} compares classes, and with one output there is one class"
            )
            yield fault(
                "softmax-one-unit",
                f"{step.name} has one unit: {reason}. Nothing can be learned.",
                "Yes or no is one unit with sigmoid, or two units with softmax.",
                "Write `Dense(1, activation='sigmoid')` with loss='binary_crossentropy', or give "
                "the layer one unit for each class.",
            )
        elif logits and last in ("softmax", "sigmoid") and (over_classes or name in BINARY):
            yield fault(
                "softmax-twice",
                f"{step.name} ends in {last}, and the loss applies one more, because it was made "
                "with from_logits=True. It learns slowly, and never becomes sure.",
                "from_logits=True says that the outputs are still any numbers.",
                f"Take out activation='{last}', or take from_logits=True out of the loss.",
            )
        elif (over_classes or name in BINARY) and not logits and last in _UNBOUNDED:
            right = "sigmoid" if name in BINARY else "softmax"
            yield fault(
                "no-softmax",
                f"{name} takes the logarithm of the outputs as probabilities, and {step.name} ends "
                + (
                    "without an activation: its outputs can be anything."
                    if last == "linear"
                    else f"in {last}, whose outputs are none."
                ),
                "The last layer and the loss must agree on who makes the probabilities.",
                f"Write activation='{right}' in {step.name}, or "
                f"`loss=keras.losses.{_camel(name)}(from_logits=True)`.",
            )
        elif name in MEASURES and last == "softmax":
            yield fault(
                "mse-on-softmax",
                f"{step.name} is a softmax over {units} classes, and the loss is {name}: where "
                "the network is surely wrong, its gradient is almost nothing.",
                f"{name} is for measurements. Softmax goes with the cross-entropy, whose "
                "gradient is just the error.",
                "Write loss='sparse_categorical_crossentropy' for class numbers, or "
                "'categorical_crossentropy' for one-hot labels.",
            )
        elif name in BINARY and last == "softmax" and units:
            yield fault(
                "independent-classes",
                f"{step.name} is a softmax over {units} classes, and {name} judges each of them as "
                "a question of its own.",
                "Softmax says that exactly one class is right.",
                "Write loss='categorical_crossentropy' (one-hot labels) or "
                "'sparse_categorical_crossentropy' (class numbers).",
            )
        elif over_classes and not logits and last == "sigmoid":
            yield fault(
                "independent-classes",
                f"{step.name} ends in sigmoid, which lets all {units} classes be likely at once, "
                f"and {name} expects probabilities that add up to 1.",
                "Sigmoid is for answers that do not exclude each other.",
                f"Write activation='softmax' in {step.name}.",
            )


_UNBOUNDED = ("linear", "relu", "leaky_relu", "elu", "selu", "gelu", "swish", "silu", "tanh")


def _camel(name: Any) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def check_training(subject: Subject) -> Iterator[Finding]:
    """See how much of a compiled model trains."""
    if not subject.compiled or subject.trainable is None:
        return
    if subject.foreign_optimizer:
        yield Finding(
            "trainable-changed",
            "fault",
            None,
            "The optimizer was built for another model: none of its variables is one of this "
            "model's. fit ends with “Unknown variable”.",
            "One optimizer object was given to two models, or the model was made anew.",
            "Make a new one for each model, and compile again: "
            "`model.compile(optimizer=keras.optimizers.Adam(), …)`.",
        )
        return
    trains, total = subject.trainable
    if not total:
        return
    numbers = {"trainable": trains, "total": total}
    if subject.moved is not None:
        thawed, frozen = subject.moved
        said = []
        if thawed:
            said.append(
                f"{_list(thawed)} {'are' if len(thawed) > 1 else 'is'} set to train, and "
                "the optimizer does not hold their weights: nothing of them moves"
            )
        if frozen:
            said.append(
                f"{_list(frozen)} {'are' if len(frozen) > 1 else 'is'} set to stay, and "
                "the optimizer still holds their weights: they go on training"
            )
        yield Finding(
            "trainable-changed",
            "fault",
            (thawed or frozen)[0],
            f"{'; '.join(said)}. {trains:,} of {total:,} parameters train.",
            "trainable was changed after the model was compiled and trained. compile decides what "
            "trains; fit goes on with what was decided.",
            "Compile again, with a new optimizer: "
            "`model.compile(optimizer=keras.optimizers.Adam(1e-5), …)`; then fit.",
            numbers | {"thawed": list(thawed), "frozen": list(frozen)},
        )
        return
    if not trains:
        yield Finding(
            "nothing-trains",
            "fault",
            None,
            f"All {total:,} parameters are frozen: fit would run and change nothing.",
            "trainable = False was set on the model or on every layer with weights.",
            "Set `layer.trainable = True` on what is to learn, such as a new head, then compile "
            "again.",
            numbers,
        )
    elif trains < 0.05 * total:
        yield Finding(
            "mostly-frozen",
            "note",
            None,
            f"{trains:,} of {total:,} parameters train ({words.share(trains / total)}), in "
            f"{_list(subject.training)}.",
            "The other layers have trainable = False.",
            "Nothing, if only a new head is to learn. Otherwise set trainable = True and compile "
            "again.",
            numbers,
        )


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + " and others" * (len(names) > 3)
