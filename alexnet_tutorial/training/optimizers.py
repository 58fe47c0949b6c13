"""The update rule of 2012: weight decay inside the momentum, and a rate of their own for biases."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import keras
from keras import ops

__all__ = ["PaperSGD"]


@keras.saving.register_keras_serializable(package="alexnet_tutorial")
class PaperSGD(keras.optimizers.Optimizer):
    """Stochastic gradient descent as the network of 2012 was trained with it.

    For every weight ``w`` with gradient ``g`` and velocity ``v``, which starts at 0::

        v = momentum * v - weight_decay * learning_rate * w - learning_rate * g
        w = w + v

    the rule of Krizhevsky, Sutskever and Hinton (2012), section 5. Biases follow it at
    ``bias_multiplier`` times the rate and without decay. The paper says nothing of them; the
    source released in 2025 (https://github.com/computerhistory/AlexNet-Source-Code) gives biases
    no decay (``WeightLayer`` in ``src/layer.cu``) and a rate of their own, ``epsB``.

    Twice the rate holds for the start of 2012's training only, 0.02 beside 0.01. The run on the
    pictures of 2012 divided the rate of weights by 10 three times; that of biases is still 0.02 in
    its last state, except in conv1, which had stopped (``layer-params-145.cfg``). Here the rate of
    biases falls with that of weights.

    A bias is a variable whose own name is ``bias``. Keras's layers name theirs so, and a saved
    model keeps the names. All others are weights, those of normalization layers too.

    The decay goes through the momentum, so it adds up as gradients do. That of
    ``keras.optimizers.SGD(weight_decay=…)`` does not, and is ``1 / (1 - momentum)`` times weaker
    at the same number.

    Args:
        learning_rate: How far a step goes: a number of at least 0, or a Keras schedule.
        momentum: Share of the last step that goes on, from 0 up to but not including 1.
        weight_decay: At least 0. The same as a term ``weight_decay / 2 * sum(w**2)`` in the loss.
        bias_multiplier: Biases learn with this many times ``learning_rate``; at least 0.
        **kwargs: What every Keras optimizer takes: ``name``, ``clipnorm`` and so on.

    Raises:
        ValueError: A number is out of its range; the message says which.

    Example:
        >>> import numpy as np
        >>> weight = keras.Variable(np.array([2.0]), name="kernel")
        >>> optimizer = PaperSGD(learning_rate=0.1, weight_decay=0.5)
        >>> optimizer.apply([ops.ones(1)], [weight])  # 2 - 0.5 * 0.1 * 2 - 0.1 * 1
        >>> round(float(weight.numpy()[0]), 6)
        1.8
    """

    def __init__(  # noqa: D107
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 0.0005,
        bias_multiplier: float = 2.0,
        **kwargs: Any,
    ):
        if not callable(learning_rate):
            _at_least_zero("learning_rate", learning_rate, "2012 started at 0.01")
        _at_least_zero("weight_decay", weight_decay, "2012 had 0.0005; 0 is none")
        _at_least_zero("bias_multiplier", bias_multiplier, "2012 began with 2; 1 is as the weights")
        _at_least_zero("momentum", momentum, "2012 had 0.9; 0 is none")
        if momentum >= 1:
            raise ValueError(
                f"momentum is {momentum!r}, and must be below 1: with 1 or more no step is ever "
                "forgotten, and the weights grow without end. 2012 had 0.9."
            )
        # Keras would apply a weight_decay that it is given by its own rule, outside the momentum.
        super().__init__(learning_rate=learning_rate, weight_decay=None, **kwargs)
        self.momentum, self.decay = float(momentum), float(weight_decay)
        self.bias_multiplier = float(bias_multiplier)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make a velocity for every variable, and note which variables are biases."""
        if self.built:
            return
        super().build(variables)
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocity") for variable in variables
        ]
        # Here and not in update_step, where TensorFlow passes variables without Keras's names.
        self._is_bias = [variable.name == "bias" for variable in variables]

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Move one variable by its velocity."""
        index = self._get_variable_index(variable)
        velocity, is_bias = self.velocities[index], self._is_bias[index]
        rate = ops.cast(learning_rate, variable.dtype) * (self.bias_multiplier if is_bias else 1)
        slope = ops.cast(gradient, variable.dtype)
        if not is_bias:
            slope = slope + self.decay * variable
        self.assign(velocity, self.momentum * velocity - rate * slope)
        self.assign_add(variable, velocity)

    def get_config(self) -> dict[str, Any]:
        """Everything needed to make the optimizer again, its velocities excepted."""
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "weight_decay": self.decay,
            "bias_multiplier": self.bias_multiplier,
        }


def _at_least_zero(name, value, usual):
    if isinstance(value, bool) or not isinstance(value, Real) or not value >= 0:
        raise ValueError(f"{name} is {value!r}, and must be a number of at least 0. {usual}.")
