"""The optimizer's numbers and dropout's, beside what is usual."""

import re
from collections.abc import Iterator
from typing import Any

from alexnet_tutorial.doctor import output, words
from alexnet_tutorial.doctor.dense import WEIGHTS
from alexnet_tutorial.doctor.report import Finding
from alexnet_tutorial.doctor.steps import Step, Subject

_KRIZHEVSKY = "Krizhevsky et al. (2012) began with 0.01 at momentum 0.9"
_KINGMA = "Kingma and Ba (2015) recommend 0.001"

_USUAL = {
    # optimizer: (usual range, a note above, a fault from, source)
    "sgd": ((1e-3, 0.1), 0.1, 1.0, _KRIZHEVSKY),
    "adam": ((1e-5, 1e-2), 1e-2, 0.05, _KINGMA),
    "adamw": ((1e-5, 1e-2), 1e-2, 0.05, _KINGMA),
    "nadam": ((1e-5, 1e-2), 1e-2, 0.05, _KINGMA),
    "adamax": ((1e-5, 2e-2), 2e-2, 0.1, _KINGMA),
    "rmsprop": ((1e-5, 1e-2), 1e-2, 0.05, "Tieleman and Hinton (2012) and Keras take 0.001"),
    "lion": ((1e-6, 1e-3), 1e-3, 1e-2, "Chen et al. (2023) take a third to a tenth of Adam's"),
    "adagrad": ((1e-3, 0.1), 0.2, 1.0, "Duchi et al. (2011); Keras's documentation has up to 0.01"),
    "adafactor": ((1e-4, 1e-2), 0.1, 1.0, "Shazeer and Stern (2018)"),
    "lamb": ((1e-4, 1e-2), 0.02, 0.1, "You et al. (2020)"),
}

_DROPOUT = re.compile(r"(Spatial)?Dropout([123]D)?|AlphaDropout|GaussianDropout")


def check_settings(subject: Subject) -> Iterator[Finding]:
    """Hold learning rate, momentum, decay and dropout beside what is usual."""
    yield from _check_dropout(subject)
    if subject.optimizer is None:
        return
    kind, options = subject.optimizer
    yield from _check_momentum(kind, options)
    rate = options.get("learning_rate")
    if isinstance(rate, tuple) and len(rate) == 2 and isinstance(rate[1], dict):
        yield from _check_schedule(*rate)
        rate = rate[1].get("initial_learning_rate")
    if isinstance(rate, (int, float)) and not isinstance(rate, bool):
        yield from _check_rate(subject, kind, float(rate), options)
    decay = options.get("weight_decay")
    if isinstance(decay, (int, float)) and decay >= 0.5:
        yield Finding(
            "weight-decay",
            "fault",
            None,
            f"{kind} has weight_decay={decay:g}: it pulls the weights to 0 harder than the loss "
            "pulls them anywhere.",
            "Usual are 0.0001 to 0.1. AlexNet had 0.0005 (Krizhevsky et al., 2012), AdamW's paper "
            "up to 0.1 (Loshchilov and Hutter, 2019).",
            "Write `weight_decay=0.0005`.",
            {"weight_decay": decay},
        )


def _check_rate(
    subject: Subject, kind: str, rate: float, options: dict[str, Any]
) -> Iterator[Finding]:
    name = kind.lower()
    numbers = {"optimizer": kind, "learning_rate": rate}

    def finding(severity: str, message: str, cause: str, cure: str) -> Finding:
        return Finding("learning-rate", severity, None, message, cause, cure, numbers)

    if rate <= 0:
        yield finding(
            "fault",
            f"The learning rate of {kind} is {rate:g}: "
            + ("nothing moves." if rate == 0 else "each step goes uphill."),
            "A schedule or a callback set it, or a division came out as 0.",
            "Write `model.compile(optimizer=keras.optimizers."
            f"{kind}(learning_rate={'0.01' if name == 'sgd' else '0.001'}), …)`.",
        )
        return
    if name == "adadelta":
        if rate < 0.01:
            yield finding(
                "note",
                f"Adadelta has a learning rate of {rate:g}, and moves next to nothing.",
                "Keras's default is 0.001; Zeiler's paper (2012) has none, which is 1.0.",
                "Write `keras.optimizers.Adadelta(learning_rate=1.0)`.",
            )
        return
    if name not in _USUAL:
        return
    (low, high), note, fault, source = _USUAL[name]
    momentum = options.get("momentum") or 0.0
    normalized = any("Normalization" in step.kind for step in subject.steps)
    if name == "sgd" and normalized:
        note, fault = 1.0, 10.0  # normalization makes large rates bearable
    elif name == "sgd" and 0 < momentum < 1:
        fault = max(0.3, 5.0 * (1 - momentum))
    right = f"`keras.optimizers.{kind}(learning_rate={'0.01' if name == 'sgd' else '0.001'}"
    right += f", momentum={momentum:g})`" if momentum else ")`"
    if rate > note:
        yield finding(
            "fault" if rate >= fault else "note",
            f"The learning rate of {kind} is {rate:g}; usual are {low:g} to {high:g}."
            + (
                " Each step moves every weight by about that much, and weights are drawn near 0.05."
                if name not in ("sgd", "adagrad")
                else " The loss is likely to jump or to become nan."
            ),
            f"{source}.",
            f"Write {right}, and look for the largest rate at which the loss still falls.",
        )
    elif rate < low * 1e-2:
        yield finding(
            "note",
            f"The learning rate of {kind} is {rate:g}; usual are {low:g} to {high:g}. So small, "
            "hardly anything is learned in an hour.",
            f"{source}.",
            f"Write {right}.",
        )


def _check_momentum(kind: str, options: dict[str, Any]) -> Iterator[Finding]:
    usual = {"momentum": "0.9", "beta_1": "0.9", "beta_2": "0.999", "rho": "0.9 to 0.95"}
    for name, right in usual.items():
        value = options.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            continue
        if value >= 1 or value < 0:
            yield Finding(
                "momentum",
                "fault",
                None,
                f"{kind} has {name}={value:g}: "
                + (
                    "an average over past steps that never forgets grows without end."
                    if value >= 1
                    else "below 0, each step takes back a part of the last."
                ),
                f"It is the share of the past that is kept, between 0 and 1; usual is {right} "
                "(Krizhevsky et al., 2012: 0.9; Kingma and Ba, 2015: 0.9 and 0.999).",
                f"Write `{name}={right.split()[0]}`.",
                {name: value},
            )
        elif name == "momentum" and value > 0.99:
            yield Finding(
                "momentum",
                "note",
                None,
                f"{kind} has momentum={value:g}: it keeps {1 / (1 - value):,.0f} steps in mind, "
                "and swings past its aim.",
                "Usual are 0.9 to 0.99 (Sutskever et al., 2013).",
                "Write `momentum=0.9`.",
                {name: value},
            )


def _check_schedule(kind: str, options: dict[str, Any]) -> Iterator[Finding]:
    """See how long a schedule lets the rate live."""
    start = options.get("initial_learning_rate") or 0.0
    steps, decay = options.get("decay_steps"), options.get("decay_rate")
    if not isinstance(steps, (int, float)) or steps <= 0 or not start:
        return
    if kind == "ExponentialDecay" and isinstance(decay, (int, float)):
        if decay > 1:
            yield _decays(kind, f"decay_rate={decay:g} makes the rate grow", options, "fault")
            return
        left = [
            decay ** (at // steps if options.get("staircase") else at / steps) for at in (100, 1000)
        ]
    elif kind == "InverseTimeDecay" and isinstance(decay, (int, float)):
        left = [1 / (1 + decay * at / steps) for at in (100, 1000)]
    elif kind in ("PolynomialDecay", "CosineDecay"):
        end = options.get("alpha", 0.0) or 0.0
        if kind == "PolynomialDecay":
            end = (options.get("end_learning_rate") or 0.0) / start
        if options.get("cycle") or end > 1e-2:
            return
        left = [end if at >= steps else 1.0 for at in (100, 1000)]
        left[1] = 1.0  # a schedule that ends ends somewhere; only at once is it a mistake
    else:
        return
    if left[0] <= 1e-2 or left[1] <= 1e-3:
        at, rest = (100, left[0]) if left[0] <= 1e-2 else (1000, left[1])
        yield _decays(
            kind,
            f"after {at:,} steps the rate is {start * rest:.2g}, {rest:.1g} of what it began with",
            options,
            "fault" if left[0] <= 1e-2 else "note",
        )


def _decays(kind: str, what: str, options: dict[str, Any], severity: str) -> Finding:
    steps = options.get("decay_steps")
    return Finding(
        "rate-decays",
        severity,
        None,
        f"{kind} counts steps, not epochs: {what}.",
        f"decay_steps={steps:g} is in batches; an epoch has as many as the set has pictures, "
        "divided by the batch size. AlexNet's rate fell to a thousandth in 90 epochs (Krizhevsky "
        "et al., 2012).",
        "Write `decay_steps=epochs * len(x) // batch_size`, for the length of the whole training."
        if kind in ("PolynomialDecay", "CosineDecay")
        else "Write `decay_steps=10 * len(x) // batch_size` with `decay_rate=0.5`: half, every ten "
        "epochs.",
        {"decay_steps": steps, "decay_rate": options.get("decay_rate")},
    )


def _check_dropout(subject: Subject) -> Iterator[Finding]:
    seen = set()
    for step in subject.steps:
        rate = step.options.get("rate")
        if not _DROPOUT.fullmatch(step.kind) or step.name in seen:
            continue
        seen.add(step.name)
        if isinstance(rate, (int, float)) and rate > 0.7:
            yield Finding(
                "dropout-rate",
                "fault" if rate >= 0.9 else "note",
                step.name,
                f"{step.name} drops {words.share(float(rate))} of what reaches it, and leaves "
                f"{words.share(1 - float(rate))}.",
                "In Keras the rate is the part that is dropped; in the TensorFlow of old, "
                "keep_prob was the part that is kept. Srivastava et al. (2014) drop 0.5 in hidden "
                "layers and 0.2 at the input.",
                f"Write {_dropout_call(step, 0.5 if rate < 0.9 else round(max(1 - rate, 0.1), 2))}."
                if rate < 0.9
                else f"Write {_dropout_call(step, 0.5)}.",
                {"rate": rate},
            )
    for end in subject.outputs:
        at: Step | None = end
        while at is not None and (
            at.kind in ("Activation", "Softmax", "Flatten", "Reshape", "Identity")
            or _DROPOUT.fullmatch(at.kind)
        ):
            if _DROPOUT.fullmatch(at.kind) and at.options.get("rate"):
                before = at.source
                while before is not None and not WEIGHTS.fullmatch(before.kind):
                    before = before.source if before.sources else None
                if before is None or output.units_of(end) != output.units_of(before):
                    break
                yield Finding(
                    "dropout-last",
                    "fault",
                    at.name,
                    f"{at.name} stands behind {before.name}, the last layer: it sets answers to "
                    "0 at random, and the right one among them.",
                    "Dropout makes hidden layers rely on several inputs; the answers themselves "
                    "are what the loss compares.",
                    f"Put {at.name} before {before.name}.",
                    {"rate": at.options["rate"]},
                )
                break
            at = at.source


def _dropout_call(step: Step, rate: float) -> str:
    return words.call(step, rate=rate)
