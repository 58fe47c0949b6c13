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
        pattern: A regular expression for the whole family of such messages, read in "Kind: message"
            with all white space made single; empty where the words themselves are looked for. It
            is written so that Python and JavaScript read it alike.
    """

    section: str
    message: str
    cause: str
    kind: str = "ValueError"
    jax: str | None = ""
    pattern: str = ""

    @property
    def shown(self) -> str:
        """The message as a traceback ends: with its kind, where the words alone are few."""
        return f"{self.kind}: {self.message}" if len(self.message) < 8 else self.message

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
        "the incoming channels cannot be divided evenly among the groups",
    ),
    Case(
        "groups",
        "filters must be evenly divisible by the number of groups",
        "the filters cannot be divided evenly among the groups",
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
        "the same, in training",
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
        "the layer was built for a different number of channels or units",
    ),
    Case(
        "incompatible",
        "incompatible with the layer: expected shape=",
        "a picture whose size is not that of the model's Input",
        jax=None,
        pattern=r"incompatible with the layer: expected shape=",
    ),
    Case(
        "batch-axis",
        "expected min_ndim=4, found ndim=3",
        "a single picture was given instead of a batch",
        pattern=r"expected (min_)?ndim=\d, found ndim=\d",
    ),
    Case(
        "batch-axis",
        "Invalid input shape for input",
        "a single picture was given to a whole model, instead of a batch",
    ),
    Case(
        "keras-tensor",
        "A KerasTensor cannot be used as input to a TensorFlow function",
        "a tf.nn function was called while the model was being built",
    ),
    Case(
        "flatten",
        "Argument `output` must have rank (ndim) `target.ndim - 1`",
        "Flatten is missing before Dense, or one-hot labels meet the sparse loss",
        jax="Arguments `target` and `output` must have the same shape up until the last dimension",
        pattern=r"Argument `output` must have rank \(ndim\) `target\.ndim - 1`.*"
        r"output\.shape=\((None|\d+), \w+, \w+|"
        r"`labels\.shape` must equal `logits\.shape` except|"
        r"logits and labels must have the same first dimension",
    ),
    Case(
        "one-hot",
        "Shapes (None, 1) and (None, 6) are incompatible",
        "integer labels with a loss that wants them one-hot (Keras 2's wording)",
        pattern=r"Shapes \((None|\d+), 1\) and \((None|\d+), \d+\) are incompatible",
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
        "pictures and labels differ in number, often because the labels have shape (1, n)",
    ),
    Case(
        "truth",
        "truth value of an array with more than one element is ambiguous",
        "an array stands where Python wants one True or False",
    ),
    Case(
        "built",
        "but the layer isn't built",
        "there are no weights yet: nothing has told the model the shape of its input",
    ),
    Case(
        "built",
        "has never been called and thus has no defined output",
        "the model has never been called, so it has no output",
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
        "the weights belong to a different network: why 6400 and not 9216?",
    ),
    Case(
        "weight-layout",
        "is not compatible with provided weight shape",
        "the axes of the kernel are in the order of another framework",
    ),
    Case(
        "weight-layout",
        "with a weight list of length",
        "more or fewer arrays than the layer has weights; often the bias is missing",
    ),
    Case("gone", "Argument(s) not recognized: {'lr'", "the option is called learning_rate"),
    Case(
        "gone",
        "Argument `decay` is no longer supported and will be ignored",
        "a learning rate schedule has replaced it",
        kind="UserWarning",
    ),
    Case(
        "gone",
        "object has no attribute 'fit_generator'",
        "fit takes generators itself",
        kind="AttributeError",
        pattern=r"has no attribute '(fit|evaluate)_generator'",
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
        pattern=r"unexpected keyword argument '(nb_\w+|samples_per_epoch|workers|max_queue_size|"
        r"max_q_size|use_multiprocessing|pickle_safe|show_accuracy)'",
    ),
    Case(
        "gone",
        "Unrecognized keyword arguments passed to Conv2D: {'subsample'",
        "Keras 1's names: strides, padding, kernel_initializer",
        pattern=r"Unrecognized keyword arguments passed to \w+: \{'"
        r"(subsample|border_mode|dim_ordering|init|W_\w+|b_\w+|nb_\w+|output_dim|mode|bias|p|batch_input_shape|input_length)'",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.layers.core'",
        "every layer is in keras.layers",
        kind="ModuleNotFoundError",
        pattern=r"No module named '(tensorflow\.)?keras\.(layers\.\w+|engine[.\w]*|wrappers[.\w]*|"
        r"utils\.\w+|optimizers\.\w+|legacy[.\w]*|backend\.\w+|objectives)",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.utils.data_utils'",
        "get_file and similar functions are in keras.utils",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "cannot import name 'np_utils' from 'keras.utils'",
        "to_categorical is in keras.utils",
        kind="ImportError",
        pattern=r"cannot import name '(?!multi_gpu|adam|sgd|rmsprop)\w+' from '"
        r"(tensorflow\.)?keras\.(utils|layers|optimizers|backend|objectives|regularizers)",
    ),
    Case(
        "gone-imports",
        "cannot import name 'ImageDataGenerator'",
        "layers such as RandomFlip do that now",
        kind="ImportError",
        pattern=r"cannot import name '\w+' from '(tensorflow\.)?keras\.preprocessing",
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
        pattern=r"OOM when allocating tensor|RESOURCE_EXHAUSTED|CUDA_ERROR_OUT_OF_MEMORY|"
        r"CUDA out of memory|failed to allocate memory",
    ),
    Case("nan", "loss: nan", "a nan in the data, or a step that is too large", kind="printed"),
    Case(
        "nan",
        "Invalid loss, terminating training",
        "the loss is nan, and TerminateOnNaN stopped the run",
        kind="printed",
    ),
    # What people ask about most in public threads, beside the shapes.
    Case(
        "window",
        "Received `inputs shape=(None, 3, 32, 32)`",
        "the channels come first, and the layer takes them for rows: move the axes",
        pattern=r"Computed output size would be zero or negative.*"
        r"inputs shape=\((None|\d+), [134], \d\d+, \d\d+\)",
    ),
    Case(
        "one-hot",
        "target.shape=(None, 6), output.shape=(None, 6)",
        "one-hot labels with the loss for class numbers",
        jax="must have the same shape up until the last dimension",
        pattern=r"(Argument `output` must have rank \(ndim\) `target\.ndim - 1`|"
        r"must have the same shape up until the last dimension).*"
        r"(output\.shape=\((None|\d+), \d+\)|target\.shape=(\([^)]*\)), output\.shape=\4)",
    ),
    Case(
        "flatten",
        "output.shape=(None, 6, 6, 6)",
        "the model puts out maps: Flatten or GlobalAveragePooling2D is missing",
        jax="must have the same shape",
        pattern=r"Arguments `target` and `output` must have the same (rank|shape).*"
        r"target\.shape=\((None|\d+),( \d+)?\), output\.shape=\((None|\d+), \d+, \d+, \d+\)",
    ),
    Case(
        "masks",
        "must have the same shape up until the last dimension",
        "each pixel has a label, and the masks differ in size from the output",
        pattern=r"(Arguments `target` and `output` )?must have the same shape up until the last "
        r"dimension|SparseSoftmaxCrossEntropyWithLogits/assert_equal",
    ),
    Case(
        "history",
        "'acc'",
        "the key is now called accuracy, like the metric",
        kind="KeyError",
        pattern=r"KeyError: ['\"](val_)?acc['\"]",
    ),
    Case(
        "history",
        "automatically determine whether that metric should be",
        "val_acc is now called val_accuracy",
        pattern=r"callback received monitor=\w+, but Keras isn't able to automatically determine",
    ),
    Case(
        "history",
        "which is not available. Available metrics are",
        "no metric has that name: validation data are missing, or the name is different",
        kind="UserWarning",
        pattern=r"onditioned on metric `\w+` which is not available|"
        r"Can save best model only with \w+ available",
    ),
    Case(
        "predict-classes",
        "object has no attribute 'predict_classes'",
        "predict gives the probabilities, and argmax gives the class",
        kind="AttributeError",
        pattern=r"has no attribute '(predict_classes|predict_proba)'",
    ),
    Case(
        "file-names",
        "The filepath provided must end in `.keras`",
        "a whole model is saved in a .keras file",
        pattern=r"filepath provided must end in `\.keras`",
    ),
    Case(
        "file-names",
        "the filepath provided must end in `.weights.h5`",
        "weights alone are saved in a .weights.h5 file",
        pattern=r"must end in `\.weights\.h5`",
    ),
    Case(
        "file-names",
        "The filename must end in `.weights.h5`",
        "weights alone are saved in a .weights.h5 file",
    ),
    Case(
        "file-names",
        "Invalid filepath extension for saving",
        "the name is that of a folder, as in Keras 2; Keras 3 writes .keras files",
    ),
    Case(
        "cannot-load",
        "File format not supported",
        "the path is a SavedModel folder, or a file of a different kind",
        pattern=r"File format not supported: filepath|legacy SavedModel format is not supported",
    ),
    Case(
        "cannot-load",
        "No model config found in the file",
        "the file holds only weights, and no description of the model",
    ),
    Case(
        "cannot-load",
        "File not found: filepath=",
        "the path is wrong, or the file is in another folder than the notebook",
        pattern=r"File not found: filepath=|Unable to (synchronously )?open file .*No such file",
    ),
    Case(
        "cannot-load",
        "passed to DepthwiseConv2D: {'groups'",
        "Keras 2 wrote an option that Keras 3 does not have, as in Teachable Machine's files",
        pattern=r"Unrecognized keyword arguments passed to \w+: \{'"
        r"(groups|time_major|implementation|quantization_config|batch_shape|optional)'",
    ),
    Case(
        "ran-out",
        "Your input ran out of data; interrupting training",
        "the generator gives fewer batches than steps_per_epoch times epochs, or none at all",
        kind="UserWarning",
        pattern=r"[Yy]our input ran out of data",
    ),
    Case(
        "unlike",
        "Invalid dtype: object",
        "an array of objects: pictures of different sizes, or None among them",
        pattern=r"Invalid dtype: object|Unsupported object type|"
        r"Failed to convert a NumPy array to a Tensor",
    ),
    Case(
        "unlike",
        "The requested array has an inhomogeneous shape",
        "pictures of different sizes do not fit into one array",
        pattern=r"inhomogeneous shape|setting an array element with a sequence",
    ),
    Case(
        "text-labels",
        "Invalid dtype: str",
        "the labels are words: give each class a number",
        pattern=r"Invalid dtype: str|Cast string to float is not supported|"
        r"could not convert string to float",
    ),
    Case(
        "text-labels",
        "Unrecognized data type: x=",
        "the labels are a Python list: make it an array",
        pattern=r"Unrecognized data type: x=",
    ),
    Case(
        "only-layers",
        "Only instances of `keras.Layer` can be added",
        "a layer from a different Keras (tf_keras, tensorflow_hub), or not a layer at all",
        pattern=r"Only instances of `?keras\.(\w+\.)*Layer`? can be added|"
        r"The added layer must be an instance of class Layer",
    ),
    Case(
        "unknown-variable",
        "for the variables it was originally built with",
        "one optimizer for two models, or layers that were unfrozen after it was built",
        jax=None,
        pattern=r"Unknown variable: |optimizer cannot recognize variable",
    ),
    Case(
        "fully-defined",
        "must be fully-defined (no `None` dimensions)",
        "the size of the maps is open, so nobody can say how many numbers Flatten gives",
        jax="must be fully-defined",
        pattern=r"must be fully-defined \(no `None` dimensions\)|"
        r"last dimension of the inputs to a? ?`?Dense`? should be defined",
    ),
    Case(
        "allow-pickle",
        "Object arrays cannot be loaded when allow_pickle=False",
        "the .npy file holds a dict or lists, packed with pickle",
    ),
    Case(
        "gone",
        "passed to Conv2D: {'border_mode'",
        "the option is called padding",
    ),
    Case(
        "gone",
        "missing 1 required positional argument: 'rate'",
        "Dropout(p=0.5) is Dropout(0.5)",
        kind="TypeError",
        pattern=r"missing 1 required positional argument: '(rate|units|filters|kernel_size)'",
    ),
    Case(
        "gone",
        "Unrecognized keyword arguments passed to Model: {'input'",
        "the options are called inputs and outputs",
        pattern=r"Unrecognized keyword arguments passed to Model: \{'(input|output)'",
    ),
    Case(
        "gone",
        "got an unexpected keyword argument 'workers'",
        "the number of workers is now an option of PyDataset",
        kind="TypeError",
    ),
    Case(
        "gone",
        "got an unexpected keyword argument 'nb_val_samples'",
        "the option is called validation_steps",
        kind="TypeError",
    ),
    Case(
        "gone",
        "passed to BatchNormalization: {'mode'",
        "an option of Keras 1 that nothing has replaced",
    ),
    Case(
        "gone",
        "object has no attribute 'lr'",
        "the attribute is called learning_rate",
        kind="AttributeError",
    ),
    Case(
        "gone",
        "Do not pass an `input_shape`/`input_dim` argument to a layer",
        "only a warning: start the model with keras.Input",
        kind="UserWarning",
        pattern=r"Do not pass an `input_shape`/`input_dim` argument",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.layers.convolutional'",
        "every layer is in keras.layers",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.layers.normalization'",
        "every layer is in keras.layers",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.layers.advanced_activations'",
        "every layer is in keras.layers",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.engine'",
        "Layer and Model are in keras itself",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-imports",
        "No module named 'keras.wrappers",
        "the wrappers are in the package scikeras, and in keras.wrappers as SKLearn…",
        kind="ModuleNotFoundError",
    ),
    Case(
        "gone-names",
        "module 'keras.utils' has no attribute 'multi_gpu_model'",
        "for several devices, use keras.distribution or tf.distribute",
        kind="AttributeError",
        pattern=r"(has no attribute|cannot import name) '(multi_gpu_model|np_utils|layer_utils)'",
    ),
    Case(
        "gone-names",
        "has no attribute 'set_image_dim_ordering'",
        "it is now set_image_data_format('channels_last')",
        kind="AttributeError",
        pattern=r"module '(tensorflow\.)?keras\.(\w+\.)*backend' has no attribute",
    ),
    Case(
        "gone-names",
        "module 'keras.layers' has no attribute 'experimental'",
        "the layers for pictures are in keras.layers: Resizing, Rescaling, RandomFlip",
        kind="AttributeError",
        pattern=r"module '[\w.]*keras\.[\w.]*layers' has no attribute|"
        r"No module named '[\w.]*layers\.experimental",
    ),
    Case(
        "gone-names",
        "module 'keras.optimizers' has no attribute 'adam'",
        "class names begin with a capital letter: Adam, SGD",
        kind="AttributeError",
        pattern=r"module '[\w.]*keras\.[\w.]*optimizers' has no attribute|"
        r"cannot import name '(adam|sgd|rmsprop|legacy)' from '[\w.]*keras\.optimizers",
    ),
    Case(
        "tensorflow-1",
        "module 'tensorflow' has no attribute 'placeholder'",
        "TensorFlow 1's graphs are gone: Keras feeds the model",
        kind="AttributeError",
        pattern=r"module 'tensorflow' has no attribute '(placeholder|Session|InteractiveSession|"
        r"ConfigProto|get_default_graph|reset_default_graph|global_variables_initializer|"
        r"set_random_seed|GPUOptions|variable_scope|get_variable|log|app|layers|to_float|train)'",
    ),
    Case(
        "tensorflow-1",
        "module 'tensorflow' has no attribute 'Session'",
        "TensorFlow 2 computes at once: call the function",
        kind="AttributeError",
    ),
    Case(
        "tensorflow-1",
        "module 'tensorflow' has no attribute 'contrib'",
        "contrib is gone: some of its parts moved, others were dropped",
        kind="AttributeError",
        pattern=r"module 'tensorflow' has no attribute 'contrib'|"
        r"No module named 'tensorflow\.(contrib|examples)",
    ),
    Case(
        "numpy-names",
        "module 'numpy' has no attribute 'float'",
        "an old package uses a name that NumPy removed",
        kind="AttributeError",
        pattern=r"module 'numpy' has no attribute '(float|int|bool|object|str|complex|long)'|"
        r"`np\.\w+` was removed in the NumPy 2",
    ),
    Case(
        "identifier",
        "Could not interpret activation function identifier",
        "PyTorch's Dense(9216, 4096), or a misspelled activation",
        pattern=r"Could not interpret activation function identifier",
    ),
    Case(
        "identifier",
        "Could not interpret loss identifier",
        "a misspelled loss",
        pattern=r"Could not interpret (loss|metric|initializer|regularizer) identifier|"
        r"Unknown (loss|metric|activation) function",
    ),
    Case(
        "identifier",
        "Could not interpret optimizer identifier",
        "a misspelled optimizer, or one from a different Keras (tf_keras)",
        pattern=r"Could not interpret optimizer identifier",
    ),
    Case(
        "inputs-count",
        "The structure of `inputs` doesn't match the expected structure",
        "the number or the names of the arrays are not those of the model's inputs",
        kind="UserWarning",
        pattern=r"structure of `inputs` doesn't match the expected structure",
    ),
    Case(
        "inputs-count",
        "but it received 2 input tensors",
        "more or fewer arrays than the model has inputs",
        pattern=r"expects \d+ (named )?input\(s\).*but it received \d+ input tensors",
    ),
    Case(
        "no-labels",
        "None values not supported",
        "fit got pictures but no labels",
        jax="None is not a valid value for jnp.array",
        pattern=r"ValueError: None values not supported|Target data is missing|"
        r"The model cannot be compiled because it has no loss",
    ),
    Case(
        "no-labels",
        "`y` should not be passed",
        "the labels come with the Dataset",
        pattern=r"`y` should not be passed|`y` argument is not supported when using",
    ),
    Case(
        "no-labels",
        "`validation_split` is only supported for tensors",
        "fit cannot split a Dataset",
        pattern=r"`validation_split` is only supported",
    ),
    Case(
        "not-compiled",
        "You must call `compile()` before using the model",
        "fit and evaluate need a loss",
        pattern=r"You must (call `compile\(\)` before|compile your model before)",
    ),
    Case(
        "same-names",
        "should have unique names",
        "two layers have one name",
        pattern=r"should have unique names|is used \d+ times in the model|"
        r"should be unique",
    ),
    Case(
        "no-pictures",
        "No images found in directory",
        "the path is wrong, or the pictures lie one folder deeper",
        pattern=r"No images found in directory|Found 0 (images|files) belonging|"
        r"Could not find directory",
    ),
    Case(
        "no-pictures",
        "cannot identify image file",
        "the file is not a picture, but a web page or a download that stopped",
        kind="UnidentifiedImageError",
        pattern=r"cannot identify image file|image file is truncated|Unknown image file format",
    ),
    Case(
        "no-pictures",
        "'NoneType' object has no attribute 'shape'",
        "cv2.imread found no file, and returned None instead of an error",
        kind="AttributeError",
        pattern=r"'NoneType' object has no attribute '(shape|astype|copy|size)'|"
        r"'NoneType' object is not subscriptable|\(-215:Assertion failed\) !?_?s(rc|size)\.empty",
    ),
    Case(
        "no-pictures",
        "there must be exactly 2 class_names",
        "label_mode='binary' with more or fewer than two folders",
        pattern=r"there must be exactly 2 class",
    ),
    Case(
        "class-count",
        "is out of bounds for axis 1 with size",
        "to_categorical got labels that start at 1, or more classes than it was told",
        kind="IndexError",
        pattern=r"IndexError: index \d+ is out of bounds for axis 1 with size",
    ),
    Case(
        "class-count",
        "`classes` should be 1000",
        "ImageNet's head has 1000 classes: take the base without it",
        pattern=r"`classes` should be 1000",
    ),
    Case(
        "class-count",
        "Input size must be at least 32x32",
        "the base halves the maps five times",
        pattern=r"Input size must be at least \d+x\d+",
    ),
    Case(
        "reshape",
        "cannot reshape array of size",
        "the product of the sizes differs",
        pattern=r"cannot reshape array of size|could not broadcast input array from shape",
    ),
    Case(
        "nothing-trains",
        "The model does not have any trainable weights",
        "every layer is frozen",
        kind="UserWarning",
        jax=None,
        pattern=r"does not have any trainable weights|No gradients provided for any variable",
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
    text = re.sub(r"(\{'[^'\n]*')[^\n]{80,}\}", r"\1…}", text)
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
        words = f"`` {known.shown} ``" if "`" in known.shown else f"`{known.shown}`"
        lines.append(f'| <a href="#{known.section}">{words}</a> | {known.cause} |')
    return "\n".join(lines)


# What TensorFlow's C++ code logs of an exception that it raises as well.
_ECHO = re.compile(r"(op_kernel|local_rendezvous)\.cc:\d+\]|^\s*\[\[\{\{")


def _backend():
    from alexnet_tutorial.session import import_keras

    return import_keras().backend.backend()


def _name(kinds):
    return ", ".join(sorted(kinds - {"object", "BaseException", "Exception", "Warning"}))
