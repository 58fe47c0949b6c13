"""Start a notebook the same way everywhere: find its budget, seed it, say what it runs on.

A chapter runs the same code on a laptop, on Colab and while the book is built. It asks once for
its **budget**, ``"cpu"`` or ``"gpu"``, and lets sizes (epochs, batch, picture size) follow from it.
"""

import contextlib
import ctypes
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType
from typing import Literal

BUDGETS = ("cpu", "gpu")

# Lines that TensorFlow writes before any setting of its own applies. Everything else that the
# import writes to the error stream is passed on, so a real error stays in sight.
_CHATTER = re.compile(
    r"oneDNN custom operations are on"
    r"|All log messages before absl::InitializeLog"
    r"|This TensorFlow binary is optimized to use available CPU instructions"
    r"|To enable the following instructions:.*rebuild TensorFlow"
    r"|Could not find cuda drivers on your machine, GPU will not be used"
    r"|Unable to register cu(DNN|FFT|BLAS) factory"
    r"|computation placer already registered"
)


@contextlib.contextmanager
def without_chatter(chatter: re.Pattern[str] = _CHATTER) -> Iterator[None]:
    """Hold back what C++ code writes to the error stream; afterwards pass on all but chatter.

    Python's ``sys.stderr`` does not see these lines: TensorFlow writes to file descriptor 2.
    oneDNN itself stays on. (Switching it off would silence its line too, but see
    :func:`import_keras`.)
    """
    with tempfile.TemporaryFile() as stream:
        sys.stderr.flush()
        try:
            outside = os.dup(2)
        except OSError:  # no error stream at all: nothing to hold back
            yield
            return
        os.dup2(stream.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(outside, 2)
            os.close(outside)
            stream.seek(0)
            for line in stream.read().decode(errors="replace").splitlines():
                if line.strip() and not chatter.search(line):
                    print(line, file=sys.stderr)


def keep_memory(megabytes: int = 64) -> bool:
    """Have the C library keep memory that was freed for the next step, where it is glibc.

    A training step asks for the same large arrays again and again. glibc hands them back to the
    system each time, which then clears every page anew: on a virtual machine, almost half of the
    CPU time of training the compact network. Kept memory is at most this much for each thread.

    Args:
        megabytes: How much each thread keeps.

    Returns:
        Whether the C library took the setting; False where it is not glibc (macOS, Windows).

    Example:
        >>> keep_memory() in (True, False)
        True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    top_pad = -2  # M_TOP_PAD of malloc.h
    return bool(mallopt(top_pad, megabytes << 20))


def import_keras() -> ModuleType:
    """Import Keras and its backend without the lines TensorFlow writes at every start.

    oneDNN is switched on, unless ``TF_ENABLE_ONEDNN_OPTS`` is set: TensorFlow does that by itself
    only on the newer processors. Without it convolutions are slow, and ``channels_first`` does not
    run on a CPU. It must be done before TensorFlow is imported for the first time.

    Returns:
        The ``keras`` module.

    Example:
        >>> import_keras().__name__
        'keras'
    """
    # 1 hides information only; warnings and errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    if platform.machine().lower() in ("x86_64", "amd64"):
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    keep_memory()
    with without_chatter():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices()  # what it says about devices, it says now
    return keras


def device() -> Literal["cpu", "gpu"]:
    """Name the kind of device that Keras's backend computes on.

    Returns:
        ``"gpu"`` where the backend sees an accelerator, else ``"cpu"``.

    Example:
        >>> device() in BUDGETS
        True
    """
    backend = import_keras().backend.backend()
    accelerated = False
    if backend == "tensorflow":
        import tensorflow as tf

        accelerated = bool(tf.config.list_physical_devices("GPU"))
    elif backend == "jax":
        import jax

        accelerated = jax.default_backend() != "cpu"
    elif backend == "torch":
        import torch

        accelerated = torch.cuda.is_available()
    return "gpu" if accelerated else "cpu"


def budget() -> str:
    """Find how much this machine can be asked to compute.

    The environment variable ``ALEXNET_TUTORIAL_BUDGET`` overrides what the machine offers: set it
    to ``cpu`` for a quick run on a large machine, to ``gpu`` for the long one on a small.

    Returns:
        ``"cpu"`` or ``"gpu"``.

    Raises:
        ValueError: The variable is set to something else.

    Example:
        >>> budget() in ("cpu", "gpu")
        True
    """
    wanted = os.environ.get("ALEXNET_TUTORIAL_BUDGET", "").strip().lower()
    if not wanted:
        return device()
    if wanted not in BUDGETS:
        raise ValueError(
            f"ALEXNET_TUTORIAL_BUDGET is {wanted!r}; expected one of {', '.join(BUDGETS)}. "
            "Unset it to let the machine decide."
        )
    return wanted


def cores() -> int:
    """Count the CPU cores this process may use.

    Returns:
        A positive integer; fewer than the machine has where the process is confined.

    Example:
        >>> cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Name the accelerator that Keras's backend computes on, or the processor.

    Returns:
        Such as ``"AMD EPYC"``.

    Example:
        >>> bool(processor())
        True
    """
    if device() == "gpu":
        keras = import_keras()
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            gpu = tf.config.list_physical_devices("GPU")[0]
            return tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        return str(keras.distribution.list_devices()[0])
    return cpu()


def cpu() -> str:
    """Name the processor, whatever Keras computes on.

    Returns:
        Such as ``"AMD EPYC"``.

    Example:
        >>> bool(cpu())
        True
    """
    try:  # Linux, where Python knows the kind of processor only
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(": ")[1] for line in file if line.startswith("model name")]
        return names[0].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def building() -> bool:
    """Tell whether the book is being built, which insists on what a reader's run only remarks on.

    Returns:
        Whether the environment variable ``ALEXNET_TUTORIAL_BUILD`` is 1.

    Example:
        >>> building() in (True, False)
        True
    """
    return os.environ.get("ALEXNET_TUTORIAL_BUILD") == "1"


DIFFERENT = "This run came out differently from the page, which says:"
"""How :func:`expect` begins where a claim does not hold."""


def expect(holds: bool, claim: str) -> None:
    """Hold a sentence of a chapter against what was computed, or against what a library said.

    Other versions of Keras word an error differently, and another machine gives other numbers.
    The build stops there, so that no sentence goes stale; a reader's run goes on.

    Args:
        holds: Whether the claim is true of this run.
        claim: What the page says, in a sentence.

    Raises:
        AssertionError: It does not hold, while the book is being built.

    Example:
        >>> expect(2 > 3, "Two is more than three.")
        This run came out differently from the page, which says: Two is more than three.
    """
    if holds:
        return
    if building():
        raise AssertionError(f"no longer true: {claim}")
    print(f"{DIFFERENT} {claim}")


def describe() -> str:
    """Say in one sentence which versions run here and on what.

    Returns:
        A string such as ``"Python 3.12.1, NumPy 2.4.6, Keras 3.15.1 on TensorFlow 2.21.0; cpu"``.

    Example:
        >>> describe().startswith("Python 3.")
        True
    """
    from importlib import import_module

    keras = import_keras()
    import numpy

    backend = keras.backend.backend()
    names = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch", "numpy": "NumPy"}
    version = import_module(backend).__version__
    where = "GPU" if device() == "gpu" else f"CPU, {cores()} cores"
    return (
        f"Python {platform.python_version()}, NumPy {numpy.__version__}, "
        f"Keras {keras.__version__} on {names.get(backend, backend)} {version} ({where})"
    )


def start(seed: int = 0) -> str:
    """Begin a chapter: import Keras quietly, seed everything, print versions and budget.

    Args:
        seed: Seeds Python's, NumPy's and the backend's random numbers.

    Returns:
        The budget, ``"cpu"`` or ``"gpu"``, which a chapter chooses its sizes by.

    Raises:
        ValueError: ``ALEXNET_TUTORIAL_BUDGET`` is set to an unknown word.

    Example:
        >>> start(seed=1) in BUDGETS  # doctest: +ELLIPSIS
        Python 3...budget: ...seed: 1
        True
    """
    chosen = budget()
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    from alexnet_tutorial import __version__

    print(f"{describe()}\nalexnet-tutorial {__version__}, budget: {chosen}, seed: {seed}")
    return chosen
