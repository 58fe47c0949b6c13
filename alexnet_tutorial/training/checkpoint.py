"""Keep a training after every epoch, and go on from there to the end it would have had."""

import json
import math
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.pictures.batches import Batches

from .devices import agreed, place, whole
from .finite_loss import state


def save_history(history: dict[str, list[float]], path: str | os.PathLike[str]) -> Path:
    """Write a history as JSON, whole or not at all.

    Args:
        history: Name → one number for each epoch, as Keras's ``History.history``.
        path: The file.

    Returns:
        The path.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> path = save_history({"loss": [1.8, 0.9]}, Path(folder) / "history.json")
        >>> json.loads(path.read_text())
        {'loss': [1.8, 0.9]}
    """
    plain = {name: [float(value) for value in values] for name, values in history.items()}
    return write_whole(path, json.dumps(plain, indent=1) + "\n")


class Checkpoint(keras.callbacks.Callback):
    """After every epoch keeps all that the rest of the training depends on; resumes from it.

    Kept are the weights, the optimizer's own numbers (its step count too, which the learning
    rate follows), the states of dropout's random numbers, the best weights and the patience of
    early stopping, and the history. The file is replaced as a whole, so a run killed at any
    moment continues from its last complete epoch, and on a CPU ends with the same bits. (Keras'
    ``BackupAndRestore`` keeps neither history nor patience nor the best weights, and does not
    notice that a folder holds another run.)

    Give the same arguments to ``fit`` again and it goes on. Put this callback after the early
    stopping it watches. Of several processes the first writes, and all of them read.

    Args:
        folder: Where ``checkpoint.npz`` and ``history.json`` go; made when missing.
        batches: The :class:`Batches` that ``fit`` trains on.
        stopping: The ``keras.callbacks.EarlyStopping`` of this ``fit``, if there is one.

    Attributes:
        resumed: Epochs that had been done before this ``fit``.
        seconds: Seconds of training so far, those before a break included.
        history: Name → one number for each epoch, those before a break included.

    Raises:
        ValueError: From ``fit``, when the folder holds another run: another network, optimizer,
            seed, recipe or other pictures. The message says which.
    """

    FILE = "checkpoint.npz"
    _STOPPING = ("wait", "stopped_epoch", "best", "best_epoch")

    def __init__(  # noqa: D107
        self,
        folder: str | os.PathLike[str],
        batches: Batches,
        stopping: keras.callbacks.EarlyStopping | None = None,
    ):
        super().__init__()
        self.folder, self.batches, self.stopping = Path(folder), batches, stopping
        self.resumed, self.seconds = 0, 0.0
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:  # noqa: D102
        model = self.model
        model.optimizer.build(model.trainable_variables)
        self.identity = self._identify(model)
        self.resumed, self.seconds, self.history = 0, 0.0, {}
        path = self.folder / self.FILE
        if path.exists():
            self._resume(model, path)
        agreed(self.resumed, "the epoch to go on from")
        self._started, self._before = time.perf_counter(), self.seconds

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        self.batches.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        logs = logs or {}
        if not math.isfinite(logs.get("loss", 0.0)):
            return  # what is broken is not kept; FiniteLoss says why it is
        model = self.model
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.seconds = self._before + time.perf_counter() - self._started
        arrays: dict[str, Any] = {
            f"variable-{i}": whole(variable) for i, variable in enumerate(state(model))
        }
        if place()[0]:
            return  # the first process writes for all
        facts = {
            "identity": self.identity,
            "epoch": epoch + 1,
            "seconds": self.seconds,
            "history": self.history,
            "stopped": bool(model.stop_training),
        }
        if self.stopping is not None:
            facts["stopping"] = {
                name: None if value is None else float(value)
                for name in self._STOPPING
                for value in [getattr(self.stopping, name)]
            }
            for i, weights in enumerate(self.stopping.best_weights or ()):
                arrays[f"best-{i}"] = weights
        arrays["state"] = np.array(json.dumps(facts))
        write_whole(self.folder / self.FILE, lambda file: np.savez(file, **arrays))
        save_history(self.history, self.folder / "history.json")

    def _resume(self, model, path):
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            facts = json.loads(str(arrays["state"]))
            identity = facts["identity"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path}: not a checkpoint of this package ({error}). Remove the file, or give "
                "another folder."
            ) from error
        for what in self.identity:
            if identity.get(what) != self.identity[what]:
                old, new = _difference(identity.get(what), self.identity[what])
                raise ValueError(
                    f"{path} belongs to another run: its {what} is {old}, and this run's is "
                    f"{new}. Give this run a folder of its own, or remove that one to start "
                    "again."
                )
        for i, variable in enumerate(state(model)):
            variable.assign(arrays[f"variable-{i}"])
        self.resumed, self.seconds = facts["epoch"], facts["seconds"]
        self.history = facts["history"]
        if self.stopping is not None:
            for name, value in facts["stopping"].items():
                number = value if name == "best" or value is None else int(value)
                setattr(self.stopping, name, number)
            best = [arrays[key] for key in arrays if key.startswith("best-")]
            self.stopping.best_weights = best or None
        # Keras's own BackupAndRestore tells `fit` in the same way where to go on.
        model._initial_epoch = self.params["epochs"] if facts["stopped"] else facts["epoch"]
        for name, values in self.history.items():
            model.history.history[name] = list(values)
        if not place()[0]:
            save_history(self.history, self.folder / "history.json")

    def on_train_end(self, logs: dict | None = None) -> None:  # noqa: D102
        self.model._initial_epoch = None  # the next fit of this model begins at its own start
        self.model.history.epoch = list(range(len(self.history.get("loss", ()))))

    def _identify(self, model):
        """What makes this run this run, in plain values."""
        compiled = model.get_compile_config() or {}
        identity = {
            f"layer {i + 1}": _anonymous(layer.get_config())
            | {"type": type(layer).__name__, "shapes": [list(w.shape) for w in layer.weights]}
            for i, layer in enumerate(model.layers)
        }
        identity |= {"number of layers": len(model.layers)}
        identity |= {key: _anonymous(compiled.get(key)) for key in ("optimizer", "loss", "metrics")}
        if self.stopping is not None:
            identity["early stopping"] = {
                key: getattr(self.stopping, key)
                for key in ("monitor", "patience", "min_delta", "baseline", "start_from_epoch")
            }
        identity |= self.batches.identity()
        return json.loads(json.dumps(identity, default=str))


def _anonymous(config):
    """A configuration without the names that Keras counts up within one session."""
    if isinstance(config, dict):
        return {key: _anonymous(value) for key, value in config.items() if key != "name"}
    if isinstance(config, (list, tuple)):
        return [_anonymous(value) for value in config]
    return config


def _difference(old, new):
    """The first place in which two plain values differ, as two texts."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *old]:
            if old.get(key) != new.get(key):
                a, b = _difference(old.get(key), new.get(key))
                return f"{key} {a}", f"{key} {b}"
    return str(old), str(new)
