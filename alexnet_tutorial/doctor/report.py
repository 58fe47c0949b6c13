"""What the doctor found: codes, findings and the report."""

import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

CODES = {
    "mixed-data-formats": "layers of one path read the axes of their maps in different orders",
    "padding-changed-channels": "a padding layer added channels instead of rows and columns",
    "pooling-over-channels": "a pooling layer took channels together, not rows and columns",
    "norm-over-wrong-axis": "batch normalization keeps its statistics per row or per column",
    "input-axes-swapped": "the picture's channels are read as its height or width",
    "maps-vanished": "the maps are too small for the window that reads them",
    "does-not-fit": "a layer cannot take the shape that reaches it",
    "unseen-pixels": "rows or columns that no window of the layer reaches",
    "padding-after": "zeros are put around maps after the convolution that should see them",
    "torch-arguments": "a layer's arguments stand in PyTorch's order",
    "dense-dominates": "one dense layer holds most of the parameters",
    "dense-on-maps": "the output is a dense layer on maps: Flatten is missing",
    "no-nonlinearity": "two layers with weights and nothing but linear steps between them",
    "no-activation": "a convolution without an activation, and only a maximum behind it",
    "softmax-one-unit": "softmax, or a loss over classes, on a single output",
    "softmax-twice": "the loss applies softmax or sigmoid to outputs that went through one",
    "no-softmax": "the loss expects probabilities and the last layer puts out anything",
    "mse-on-softmax": "a loss for measurements on a softmax classifier",
    "independent-classes": "classes that exclude each other are judged one by one",
    "metric-equality": "a metric asks whether probabilities equal labels exactly",
    "metric-labels": "a metric expects labels in another form than they have",
    "metric-threshold": "a metric compares with 0.5 what is no probability",
    "metric-meaningless": "a metric that says nothing about this head",
    "learning-rate": "a learning rate far from what its optimizer works with",
    "rate-decays": "a schedule that takes the learning rate to nothing at once",
    "momentum": "averages over steps that never forget",
    "weight-decay": "a weight decay or penalty that pulls harder than the loss",
    "dropout-rate": "dropout that leaves next to nothing",
    "dropout-last": "dropout behind the last layer",
    "trainable-changed": "what trains was changed and the model not compiled again",
    "nothing-trains": "the model is compiled, and every weight is frozen",
    "mostly-frozen": "only a small part of the weights trains",
    "data-source": "the data come in a form that fit does not take",
    "data-inputs": "the data and the model differ in the number or the names of inputs",
    "data-size": "the pictures do not have the size of the model's input",
    "data-channels-order": "the pictures have their channels at the other end",
    "data-channels": "the pictures have another number of channels, or no channel axis",
    "data-no-batch": "one picture where a batch of pictures is expected",
    "data-range": "pixels from 0 to 255 reach a model that does not rescale",
    "data-scaled-twice": "pixels that are already small are rescaled again",
    "base-range": "pixels of another range than the pretrained base was trained on",
    "data-dtype": "the data are not numbers",
    "data-nan": "the data hold values that are not finite",
    "data-constant": "every value of the data is the same",
    "labels-missing": "the data hold no labels, and the loss needs them",
    "labels-outputs": "the labels and the model differ in the number or the names of outputs",
    "labels-size": "labels for each pixel, of another size than the output",
    "labels-length": "not as many labels as pictures",
    "labels-shape": "the labels lie along the wrong axis, or have the wrong number of axes",
    "labels-one-hot": "one-hot labels for a loss that expects class numbers",
    "labels-integers": "class numbers for a loss that expects one-hot labels",
    "labels-range": "labels that the outputs cannot stand for",
    "labels-classes": "the labels and the model differ in the number of classes",
    "not-loadable": "Keras cannot load the file",
    "not-built": "the model has no shapes yet, so that most cannot be examined",
    "not-seen": "a part of the model that the doctor could not look into",
}
"""Every code with its meaning. Codes are stable: books and tests refer to them."""


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor found.

    Args:
        code: A key of :data:`CODES`.
        severity: ``"fault"`` or ``"note"``.
        layer: The layer's name, or None where it concerns the data or the whole model.
        message: What is so, with its numbers.
        cause: Why it came to be.
        cure: What to write instead.
        numbers: The numbers of the message, as plain values.
    """

    code: str
    severity: str
    layer: str | None
    message: str
    cause: str = ""
    cure: str = ""
    numbers: dict = field(default_factory=dict)

    def to_json(self) -> dict:
        """Return the finding as plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Report:
    """What the doctor found; shows itself in a notebook, and as plain text elsewhere.

    Args:
        model: The model's name.
        findings: Faults first, then notes, each in the order of the layers.
        seen: What could be looked at: ``layers`` (a count), ``shapes``, ``loss``, ``x``, ``y``
            (shapes or None), and ``limits``, a list of sentences.
    """

    model: str
    findings: tuple[Finding, ...]
    seen: dict

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are faults."""
        return tuple(finding for finding in self.findings if finding.severity == "fault")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are notes."""
        return tuple(finding for finding in self.findings if finding.severity == "note")

    def to_json(self) -> dict:
        """Return the report as plain values, ready for ``json.dumps``."""
        return {
            "model": self.model,
            "faults": len(self.faults),
            "notes": len(self.notes),
            "findings": [finding.to_json() for finding in self.findings],
            "seen": self.seen,
        }

    def _summary(self) -> str:
        faults, notes = len(self.faults), len(self.notes)
        return (
            f"{faults or 'no'} fault{'s' * (faults != 1)}, {notes or 'no'} note{'s' * (notes != 1)}"
        )

    def _seen(self) -> str:
        seen = self.seen
        parts = [f"{seen['layers']} layers {'with' if seen['shapes'] else 'without'} shapes"]
        parts.append(f"the loss {seen['loss']}" if seen["loss"] else "no loss")
        for name in ("x", "y"):
            if seen[name]:
                parts.append(f"{name} of shape {tuple(seen[name])}")
        if not seen["x"] and not seen["y"]:
            parts.append("no data")
        return " ".join([f"Looked at: {', '.join(parts)}.", *seen["limits"]])

    def _told(self) -> Iterator[tuple[Finding, list[tuple[str, str]]]]:
        """Each finding with its texts; the same fault again has the same cause, told once."""
        told = set()
        for finding in self.findings:
            cause = "" if finding.code in told else finding.cause
            told.add(finding.code)
            texts = ("", finding.message), ("Cause", cause), ("Cure", finding.cure)
            yield finding, [(head, text) for head, text in texts if text]

    def __str__(self) -> str:
        """Return the report as plain text."""
        lines = [f"{self.model}: {self._summary()}"]
        for finding, texts in self._told():
            where = f" in {finding.layer}" if finding.layer else ""
            lines += ["", f"{finding.severity.upper()}  {finding.code}{where}"]
            lines += [_wrapped(f"{head}: {text}" if head else text, "  ") for head, text in texts]
        return "\n".join([*lines, "", _wrapped(self._seen(), "")])

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Report on {self.model}: {self._summary()}>"

    def _repr_html_(self) -> str:
        items = "".join(_html_finding(*told) for told in self._told())
        return (
            '<div class="alexnet-doctor" role="region" '
            f'aria-label="Findings on {html.escape(self.model)}">'
            f'<p class="summary"><strong>{html.escape(self.model)}</strong>: {self._summary()}</p>'
            f"{f'<ol>{items}</ol>' if items else ''}"
            f'<p class="seen">{html.escape(self._seen())}</p></div>'
        )


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, 96, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _html_text(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _html_finding(finding: Finding, texts: list[tuple[str, str]]) -> str:
    where = f" in <strong>{html.escape(finding.layer)}</strong>" if finding.layer else ""
    body = "".join(
        f"<p>{f'<em>{head}:</em> ' if head else ''}{_html_text(text)}</p>" for head, text in texts
    )
    return (
        f'<li class="{finding.severity}"><p class="title"><strong class="severity">'
        f"{finding.severity.capitalize()}</strong> <code>{finding.code}</code>{where}</p>"
        f"{body}</li>"
    )
