"""The error index: the messages people search for, and a way to raise each on purpose.

``CASES`` is the list, by the words that one searches for. The chapter raises each of them in
``with raises("those words"):``. Where the installed Keras says something else, a reader is shown
both; the book fails to build.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

LONGEST = 900
"""Characters of a message that are shown; what is longer is cut in its middle."""


@dataclass(frozen=True)
class Case:
    """One message.

    Args:
        section: The anchor of its section in the chapter; several messages may share one.
        message: The words to search for, as TensorFlow and Keras on TensorFlow write them.
        cause: Why it comes, in a line.
        kind: Name of the exception or of the warning, or ``"printed"``.
        jax: The words with Keras on JAX, where they differ; None where JAX says nothing at all.
    """

    section: str
    message: str
    cause: str
    kind: str = "ValueError"
    jax: str | None = ""

    @property
    def words(self) -> str | None:
        """The words on the backend that runs here, or None where it says nothing."""
        return self.message if self.jax == "" or _backend() != "jax" else self.jax

    @property
    def elsewhere(self) -> str:
        """What JAX says instead, in a sentence; empty where it says the same."""
        if self.jax is None:
            return "With Keras on JAX there is no message."
        return f"With Keras on JAX: {self.jax}" if self.jax else ""


CASES = (
    Case(
        "window",
        "Negative dimension size caused by subtracting",
        "the window is larger than what is left of the map",
    ),
    Case(
        "window",
        "Computed output size would be zero or negative",
        "the window is larger than what is left of the map (Keras 3's wording)",
    ),
    Case(
        "groups",
        "input channels must be evenly divisible by the number of groups",
        "the maps that come in cannot be shared out among the groups",
    ),
    Case(
        "groups",
        "filters must be evenly divisible by the number of groups",
        "the filters cannot be shared out among the groups",
    ),
    Case(
        "nhwc",
        "only supports the NHWC tensor format on the CPU",
        "channels_first on a CPU, without oneDNN",
        kind="UnimplementedError",
    ),
    Case(
        "nhwc",
        "Conv2DCustomBackpropFilterOp only supports NHWC",
        "the same, while training",
        kind="InvalidArgumentError",
    ),
    Case(
        "pool-grad",
        "Default MaxPoolingGradOp only supports NHWC on device type CPU",
        "the gradient of TensorFlow's own max pooling in channels_first, on a CPU",
        kind="InvalidArgumentError",
    ),
    Case(
        "incompatible",
        "incompatible with the layer: expected axis -1 of input shape",
        "the layer was built for another number of channels or units",
    ),
    Case(
        "incompatible",
        "incompatible with the layer: expected shape=",
        "a picture of another size than the model's Input",
        jax=None,
    ),
    Case(
        "batch-axis",
        "expected min_ndim=4, found ndim=3",
        "one picture was given instead of a batch",
    ),
    Case(
        "batch-axis",
        "Invalid input shape for input",
        "one picture was given to a whole model, instead of a batch",
    ),
    Case(
        "keras-tensor",
        "A KerasTensor cannot be used as input to a TensorFlow function",
        "a tf.nn function was called while the model was being built",
    ),
    Case(
        "flatten",
        "Argument `output` must have rank (ndim) `target.ndim - 1`",
        "Flatten is missing before Dense, or one-hot labels go with the sparse loss",
        jax="Arguments `target` and `output` must have the same shape up until the last dimension",
    ),
    Case(
        "one-hot",
        "Shapes (None, 1) and (None, 6) are incompatible",
        "integer labels with a loss that wants them one-hot (Keras 2's wording)",
    ),
    Case(
        "one-hot",
        "Arguments `target` and `output` must have the same rank (ndim)",
        "integer labels with a loss that wants them one-hot",
        jax="Arguments `target` and `output` must have the same shape",
    ),
    Case(
        "one-hot",
        "Arguments `target` and `output` must have the same shape",
        "integer labels in a column, with a loss that wants them one-hot",
    ),
    Case(
        "range",
        "which is outside the valid range of",
        "labels that start at 1, or more classes than units",
        kind="InvalidArgumentError",
        jax=None,
    ),
    Case(
        "cardinality",
        "Data cardinality is ambiguous",
        "not as many labels as pictures, often labels of shape (1, n)",
    ),
    Case(
        "truth",
        "truth value of an array with more than one element is ambiguous",
        "an array stands where Python wants one True or False",
    ),
    Case(
        "built",
        "but the layer isn't built",
        "no weights yet: nothing has told the model the shape of its input",
    ),
    Case(
        "built",
        "has never been called and thus has no defined output",
        "the model has not seen an input, so it has no output",
        kind="AttributeError",
    ),
    Case(
        "locate",
        "Could not locate class",
        "the file holds a layer of your own, which Keras does not know by name",
        kind="TypeError",
    ),
    Case(
        "lambda",
        "Requested the deserialization of a `Lambda` layer",
        "the file holds Python code, and loading it would run it",
    ),
    Case(
        "load-weights",
        "shape of the target variable and the shape of the target value",
        "the weights are of another network: why 6400 and not 9216?",
    ),
    Case(
        "weight-layout",
        "is not compatible with provided weight shape",
        "the axes of the kernel come in another framework's order",
    ),
    Case(
        "weight-layout",
        "with a weight list of length",
        "more or fewer arrays than the layer has weights, often the bias",
    ),
    Case("gone", "Argument(s) not recognized: {'lr'", "the option is called learning_rate"),
    Case(
        "gone",
        "Argument `decay` is no longer supported and will be ignored",
        "a schedule took its place",
        kind="UserWarning",
    ),
    Case(
        "gone",
        "object has no attribute 'fit_generator'",
        "fit takes generators itself",
        kind="AttributeError",
    ),
    Case(
        "gone",
        "object has no attribute 'predict_generator'",
        "predict takes generators itself",
        kind="AttributeError",
    ),
    Case(
        "gone",
        "got an unexpected keyword argument 'nb_epoch'",
        "the option is called epochs",
        kind="TypeError",
    ),
    Case(
        "gone",
        "Unrecognized keyword arguments passed to Conv2D: {'subsample'",
        "Keras 1's names: strides, padding, kernel_initializer",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.layers.core'",
        "every layer is in keras.layers",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.utils.data_utils'",
        "get_file and its kin are in keras.utils",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "cannot import name 'np_utils' from 'keras.utils'",
        "to_categorical is in keras.utils",
        kind="ImportError",
    ),
    Case(
        "gone-imports",
        "cannot import name 'ImageDataGenerator'",
        "layers do that now",
        kind="ImportError",
    ),
    Case(
        "gone-imports",
        "cannot import name 'imread' from 'scipy.misc'",
        "SciPy no longer reads pictures",
        kind="ImportError",
    ),
    Case(
        "uint8",
        "has DataType uint8 not in list of allowed values",
        "pixels as bytes went into a convolution",
        kind="TypeError",
        jax=None,
    ),
    Case(
        "oom",
        "OOM when allocating tensor with shape",
        "the batch is too large for the memory",
        kind="ResourceExhaustedError",
        jax="RESOURCE_EXHAUSTED: Out of memory allocating",
    ),
    Case("nan", "loss: nan", "one number that is no number, or a step too large", kind="printed"),
    Case(
        "nan",
        "Invalid loss, terminating training",
        "the loss is nan, and TerminateOnNaN ended the training",
        kind="printed",
    ),
)
"""Every message of the index, in the order of its sections."""


def case(message: str) -> Case:
    """Find a case by its words.

    Args:
        message: The words, exactly as in ``CASES``.

    Returns:
        The case.

    Raises:
        ValueError: The index has no such message; the error lists those that share a word.

    Example:
        >>> case("Could not locate class").kind
        'TypeError'
    """
    for known in CASES:
        if known.message == message:
            return known
    words = {word for word in message.split() if len(word) > 4}
    near = [known.message for known in CASES if words & set(known.message.split())]
    raise ValueError(
        f"the error index has no message {message!r}. Near it: {'; '.join(near) or 'none'}. "
        "A new message needs a case in alexnet_tutorial.error_index."
    )


def shorten(message: str) -> str:
    """Make a message fit to be read: no colors, tracebacks, folders or long arrays.

    Args:
        message: What an exception says.

    Returns:
        The message, at most ``LONGEST`` characters of it.

    Example:
        >>> shorten("cannot import name 'x' from 'y' (" + "/opt/lib/y/__init__.py" + ")")
        "cannot import name 'x' from 'y' (…/__init__.py)"
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", message)
    text = re.sub(r"\n*Arguments received by [\s\S]*", "", text)
    text = re.sub(r'^ *File "[^\n]*\n(?: {4,}[^\n]*\n)*', "", text, flags=re.MULTILINE)
    text = re.sub(r"\{\{function_node [^{}]*\}\} ", "", text)
    text = re.sub(
        r"\[\[[-+0-9.e\s\[\]]+\.\.\.?[-+0-9.e\s\[\]]*\]|\[{2,4}[-+0-9.e\s\[\]]{40,}\]", "[…]", text
    )
    text = re.sub(r"\{'[^\n]{80,}\}", "{…}", text)
    text = re.sub(r"^\s*\[\[\{\{.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?<![\w:./])/(?:[\w.+-]+/)+(?=[\w.+-]+\.\w)", "…/", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\n{2,}", "\n\n", text).strip()
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2].rstrip()} … {text[-LONGEST // 2 :].lstrip()}"
    return text


@dataclass(frozen=True)
class Raised:
    """A message that came; shows itself in a notebook, and as plain text elsewhere.

    Args:
        kind: Name of the exception.
        message: What it said, shortened.
        words: The words that were expected in it.
        elsewhere: What another backend or another version says, in a sentence, or nothing.
    """

    kind: str
    message: str
    words: str
    elsewhere: str = ""

    def __repr__(self) -> str:
        """Return kind and message as plain text."""
        return "\n".join(filter(None, [f"{self.kind}: {self.message}", self.elsewhere]))

    def _repr_html_(self) -> str:
        text, words = escape(self.message), escape(self.words)
        if words:
            text = text.replace(words, f"<strong>{words}</strong>")
        note = f"<p>{escape(self.elsewhere)}</p>" if self.elsewhere else ""
        # The style stands here too, for Jupyter and Colab, which have no style sheet of the book.
        return (
            f'<div class="alexnet-raised"><p><strong>{escape(self.kind)}</strong></p>'
            f'<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{text}</pre>{note}</div>'
        )


@contextlib.contextmanager
def raises(message: str) -> Iterator[None]:
    """Run code that must fail with these words, and show what it says.

    Args:
        message: The words of a case of the index.

    Yields:
        Nothing. The exception (or warning, or printed line) is shown and goes no further.

    Raises:
        ValueError: The index has no such message.
        AssertionError: The book is being built, and nothing was raised, or something else. A
            reader's run shows what came beside the known words, and goes on.

    Example:
        >>> with raises("truth value of an array with more than one element is ambiguous"):
        ...     import numpy as np
        ...
        ...     bool(np.zeros(2))  # doctest: +ELLIPSIS
        ValueError: The truth value of an array with more than one element is ambiguous...
    """
    from IPython.display import display

    from alexnet_tutorial.session import building, without_chatter

    wanted = case(message)
    printed, failure = io.StringIO(), None
    with warnings.catch_warnings(record=True) as warned, without_chatter(_ECHO):
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(printed):
                yield
        except Exception as error:
            failure = error
    came = [failure] if failure else [warning.message for warning in warned]
    messages = [({base.__name__ for base in type(one).__mro__}, str(one)) for one in came]
    if failure is None and printed.getvalue():
        messages.append(({"printed"}, printed.getvalue()))
    if wanted.words is None and failure is not None and building():
        raise failure
    if wanted.words is None and failure is None:
        display(Raised("No message", "Nothing is raised with Keras on JAX.", ""))
        return
    for kinds, text in messages:
        if wanted.words and wanted.kind in kinds and wanted.words in text:
            display(Raised(wanted.kind, shorten(text), wanted.words, wanted.elsewhere))
            return
    if building():
        instead = [f"{_name(kinds)}: {shorten(text)}" for kinds, text in messages] or ["nothing"]
        raise AssertionError(
            f"expected {wanted.kind} with the words {wanted.words!r}, and there was "
            f"{'; '.join(instead)}. The wording has changed with a version: correct the case in "
            "alexnet_tutorial.error_index, and the chapter."
        ) from failure
    expected = f"{wanted.kind}, “{wanted.words}”" if wanted.words else "nothing"
    known = f"The version this book was made with says: {expected}."
    for kinds, text in messages or [({"No message"}, "Nothing is raised with this version.")]:
        display(Raised(_name(kinds), shorten(text), "", known))


def in_another_process(code: str, **environment: str) -> str:
    """Run code in a Python of its own, and fail here as it failed there.

    Some settings are read once, when TensorFlow starts, and cannot be tried in a running
    notebook.

    Args:
        code: What to run, on Keras with TensorFlow on the CPU.
        **environment: Environment variables to add.

    Returns:
        What it printed, where it did not fail.

    Raises:
        Exception: An exception of the same name and message as the one that ended it.

    Example:
        >>> in_another_process("print(6 * 6 * 256)")
        '9216\\n'
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
        | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode == 0:
        return done.stdout
    last = re.findall(r"^((?:\w+\.)*\w+): ([\s\S]*)", done.stderr.rpartition("Traceback")[2], re.M)
    name, text = last[-1] if last else ("RuntimeError", done.stderr[-LONGEST:])
    raise type(name.rpartition(".")[2], (Exception,), {})(text.strip())


def contents() -> str:
    """Write the table of the index: message, cause, section.

    Returns:
        A Markdown table; each message leads to its section of the chapter.

    Example:
        >>> contents().splitlines()[2]  # doctest: +ELLIPSIS
        '| <a href="#window">`Negative dimension size caused by subtracting`</a> | the window...
    """
    lines = ["| The message says | Cause |", "|---|---|"]
    for known in CASES:
        # Code with backticks in it stands between double ones, with spaces.
        words = f"`` {known.message} ``" if "`" in known.message else f"`{known.message}`"
        lines.append(f'| <a href="#{known.section}">{words}</a> | {known.cause} |')
    return "\n".join(lines)


# What TensorFlow's C++ code logs of an exception that it raises as well.
_ECHO = re.compile(r"(op_kernel|local_rendezvous)\.cc:\d+\]|^\s*\[\[\{\{")


def _backend():
    from alexnet_tutorial.session import import_keras

    return import_keras().backend.backend()


def _name(kinds):
    return ", ".join(sorted(kinds - {"object", "BaseException", "Exception", "Warning"}))
