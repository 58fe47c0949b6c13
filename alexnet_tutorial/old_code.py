"""Programs of Keras 1 and 2 and of TensorFlow 1: which lines no longer run, and what to write.

The table is read line by line with regular expressions, because old programs often no longer
parse as Python: nothing of them is run or imported.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EFFECTS = {
    "stops": "no longer runs",
    "changes": "runs, and does something else",
    "warns": "runs, with a warning",
}
"""What happens with an old name today."""


@dataclass(frozen=True)
class Old:
    """An old name and today's.

    Args:
        old: The name as people know it.
        new: What to write today.
        pattern: The regular expression that finds it in a line.
        effect: A key of :data:`EFFECTS`.
    """

    old: str
    new: str
    pattern: str
    effect: str = "stops"


_CALL = r"(?<![\w.])"

TABLE = (
    # Imports
    Old(
        "keras.layers.core, .convolutional, .normalization, .advanced_activations, …",
        "from keras.layers import Dense, Conv2D, BatchNormalization, LeakyReLU, …",
        r"\bkeras\.layers\.(core|convolutional\w*|pooling|normalization|advanced_activations|"
        r"recurrent|embeddings|merge|noise|local|wrappers)\b",
    ),
    Old(
        "keras.layers.experimental.preprocessing",
        "from keras.layers import Rescaling, Resizing, RandomFlip, …",
        r"\blayers\.experimental\b|\bexperimental\.preprocessing\b",
    ),
    Old(
        "keras.utils.np_utils, np_utils.to_categorical",
        "from keras.utils import to_categorical",
        r"\bnp_utils\b",
    ),
    Old(
        "keras.utils.data_utils, .generic_utils, .vis_utils, .training_utils, .layer_utils",
        "from keras.utils import get_file, PyDataset, plot_model, …",
        r"\bkeras\.utils\.(data_utils|generic_utils|vis_utils|training_utils|io_utils|layer_utils|"
        r"visualize_util)\b",
    ),
    Old(
        "keras.engine, keras.engine.topology",
        "from keras import Layer, Model, Input",
        r"\bkeras\.engine\b",
    ),
    Old(
        "keras.objectives", "keras.losses", r"\bkeras\.objectives\b|\bfrom keras import objectives"
    ),
    Old(
        "keras.wrappers.scikit_learn",
        "from scikeras.wrappers import KerasClassifier",
        r"\bkeras\.wrappers\.scikit_learn\b",
    ),
    Old(
        "ImageDataGenerator",
        "keras.utils.image_dataset_from_directory, with layers RandomFlip, RandomRotation, …",
        r"\bImageDataGenerator\b|\.flow_from_directory\(",
    ),
    Old(
        "multi_gpu_model",
        "keras.distribution.DataParallel, or tf.distribute.MirroredStrategy",
        r"\bmulti_gpu_model\b",
    ),
    Old(
        "Merge, merge(…, mode='concat')",
        "keras.layers.Concatenate()([a, b]), Add()([a, b])",
        r"\bimport .*\b[Mm]erge\b|(?<![\w.])[Mm]erge\(\s*\[",
    ),
    Old(
        "keras_contrib, keras_vggface, keras_applications, keras_preprocessing",
        "keras.applications, keras.utils, or a package that names Keras 3",
        r"\b(keras_contrib|keras_vggface|keras_applications|keras_preprocessing)\b",
    ),
    Old("import theano", "Keras on JAX, PyTorch or TensorFlow", r"\bimport theano\b|theano\."),
    # Keras's backend
    Old(
        "K.set_image_dim_ordering('th'), image_dim_ordering",
        "keras.config.set_image_data_format('channels_last')",
        r"image_dim_ordering",
    ),
    Old(
        "K.get_session, K.set_session, K.learning_phase, K.function, K.mean, …",
        "keras.ops.mean and its kin; a call model(x, training=True)",
        r"\bK\.(?!backend|epsilon|floatx|image_data_format|set_epsilon|set_floatx|"
        r"set_image_data_format|clear_session|get_uid|is_float_dtype|is_int_dtype|result_type|"
        r"standardize_dtype|image_dim_ordering|set_image_dim_ordering)[a-z]\w*|"
        r"\bkeras\.backend\.(get_session|set_session|tensorflow_backend|learning_phase|"
        r"set_learning_phase|function|tf)\b",
    ),
    # Layers' options
    Old("border_mode='same'", "padding='same'", r"\bborder_mode\s*="),
    Old("subsample=(2, 2)", "strides=2", r"\bsubsample\s*="),
    Old("dim_ordering='th'", "data_format='channels_last'", r"\bdim_ordering\s*="),
    Old(
        "nb_filter, nb_row, nb_col",
        "filters, kernel_size",
        r"\b(nb_filter|nb_row|nb_col)\s*=",
    ),
    Old("init='glorot_uniform'", "kernel_initializer='glorot_uniform'", r"[(,]\s*init\s*="),
    Old(
        "W_regularizer, b_regularizer, W_constraint",
        "kernel_regularizer, bias_regularizer, kernel_constraint",
        r"\b[Wb]_(regularizer|constraint)\s*=",
    ),
    Old("output_dim=", "units=", r"\boutput_dim\s*="),
    Old("atrous_rate=", "dilation_rate=", r"\batrous_rate\s*="),
    Old("bias=False", "use_bias=False", r"[(,]\s*bias\s*=\s*(True|False)"),
    Old("Dropout(p=0.5)", "Dropout(0.5)", r"Dropout(2D)?\(\s*p\s*="),
    Old("BatchNormalization(mode=0)", "BatchNormalization()", r"BatchNormalization\([^)]*mode\s*="),
    Old("batch_input_shape=", "keras.Input(batch_shape=…)", r"\bbatch_input_shape\s*="),
    Old(
        "Convolution2D(32, 3, 3)",
        "Conv2D(32, 3): the third number is the stride today",
        r"\bConvolution2D\(\s*[\w.*]+\s*,\s*\w+\s*,\s*\w+|"
        r"\bConv2D\(\s*[\w.*]+\s*,\s*(\d+)\s*,\s*\1\s*[,)]",
        "changes",
    ),
    Old(
        "input_shape=(…) in a layer",
        "keras.Input((…)) as the first layer",
        r"[(,]\s*(input_shape|input_dim)\s*=",
        "warns",
    ),
    Old(
        "Model(input=x, output=y)", "Model(inputs=x, outputs=y)", r"\bModel\(.*\b(input|output)\s*="
    ),
    Old(
        "layer.output_shape, layer.input_shape, _keras_shape",
        "layer.output.shape, layer.input.shape",
        r"\blayers?(\[[^\]]*\])?\.(output_shape|input_shape)\b|\._keras_shape\b|"
        r"\.get_(output|input)_(shape_)?at\(",
    ),
    # Training
    Old("nb_epoch=", "epochs=", r"\bnb_epochs?\s*="),
    Old(
        "samples_per_epoch=", "steps_per_epoch= (batches, not pictures)", r"\bsamples_per_epoch\s*="
    ),
    Old("nb_val_samples=", "validation_steps= (batches, not pictures)", r"\bnb_val_samples\s*="),
    Old("show_accuracy=True", "metrics=['accuracy'] in compile", r"\bshow_accuracy\s*="),
    Old("fit_generator", "fit, which takes generators", r"\.fit_generator\("),
    Old(
        "evaluate_generator, predict_generator",
        "evaluate, predict",
        r"\.(evaluate|predict)_generator\(",
    ),
    Old(
        "workers=, use_multiprocessing=, max_queue_size=",
        "options of keras.utils.PyDataset",
        r"[(,]\s*(workers|nb_worker|use_multiprocessing|pickle_safe|max_queue_size|max_q_size)\s*=",
    ),
    Old("predict_classes", "predict(x).argmax(axis=-1)", r"\.predict_classes\("),
    Old("predict_proba", "predict(x)", r"\b\w*([Mm]odel|net|network|cnn)\.predict_proba\("),
    Old(
        "history['acc'], 'val_acc'",
        "'accuracy', 'val_accuracy'",
        r"""['"](val_)?acc['"]\s*[\],)]""",
    ),
    Old("lr=0.01", "learning_rate=0.01", r"[(,]\s*lr\s*="),
    Old(
        "SGD(decay=1e-6)",
        "a schedule: keras.optimizers.schedules.InverseTimeDecay",
        r"(SGD|Adam\w*|RMSprop|Nadam|Adagrad|Adadelta)\(.*\bdecay\s*=",
        "warns",
    ),
    Old(
        "optimizer.lr = 0.1",
        "optimizer.learning_rate = 0.1",
        r"optimizer\.lr\s*=(?!=)",
        "changes",
    ),
    Old("optimizer.lr", "optimizer.learning_rate", r"optimizer\.lr\b(?!\s*=[^=])"),
    Old(
        "keras.optimizers.adam",
        "keras.optimizers.Adam",
        r"\boptimizers\.(adam|sgd|rmsprop|legacy)\b|optimizers import (adam|sgd|rmsprop)\b",
    ),
    # Files
    Old(
        "ModelCheckpoint('best.hdf5')",
        "ModelCheckpoint('best.keras')",
        r"ModelCheckpoint\(\s*(filepath\s*=\s*)?['\"][^'\"]*\.(hdf5|ckpt)['\"]|"
        r"ModelCheckpoint\(.*(?<!weights)\.h5['\"].*save_weights_only\s*=\s*True",
    ),
    Old(
        "save_weights('model.h5')",
        "save_weights('model.weights.h5')",
        r"\.save_weights\(\s*[^)]*['\"][^'\"]*(?<!\.weights)\.(h5|hdf5|ckpt)['\"]",
    ),
    Old("ModelCheckpoint(period=5)", "ModelCheckpoint(save_freq=…)", r"\bperiod\s*=\s*\d"),
    # TensorFlow 1
    Old("tf.placeholder", "keras.Input((…))", r"\btf\.placeholder\b"),
    Old(
        "tf.Session, sess.run",
        "call the function, or model.fit",
        r"\btf\.(Interactive)?Session\b|\bsess(ion)?\.run\(",
    ),
    Old(
        "tf.global_variables_initializer, tf.get_default_graph, tf.reset_default_graph",
        "nothing: TensorFlow 2 has no graph to prepare",
        r"\btf\.(global_variables_initializer|initialize_all_variables|get_default_graph|"
        r"reset_default_graph|ConfigProto|GPUOptions)\b",
    ),
    Old(
        "tf.get_variable, tf.variable_scope, tf.layers",
        "keras.layers",
        r"\btf\.(get_variable|variable_scope|name_scope\(|layers\.)",
    ),
    Old("tf.contrib", "parts of keras, or nothing", r"\btf\.contrib\b|tensorflow\.contrib\b"),
    Old(
        "tensorflow.examples.tutorials.mnist",
        "keras.datasets.mnist",
        r"tensorflow\.examples\.tutorials",
    ),
    Old("tf.train.AdamOptimizer", "keras.optimizers.Adam", r"\btf\.train\.\w+Optimizer\b"),
    Old("tf.set_random_seed", "keras.utils.set_random_seed", r"\btf\.set_random_seed\b"),
    Old(
        "tf.log, tf.random_normal, tf.truncated_normal",
        "tf.math.log, tf.random.normal",
        r"\btf\.(log|random_normal|truncated_normal|random_uniform|to_float|to_int32|div)\(",
    ),
    Old("tf.flags, tf.app", "argparse", r"\btf\.(flags|app)\b"),
    Old(
        "%tensorflow_version 1.x",
        "today's TensorFlow; Colab has no other",
        r"%tensorflow_version\s+1",
    ),
    # NumPy, SciPy, Pillow, scikit-learn
    Old(
        "np.float, np.int, np.object",
        "float, int, object",
        r"\bnp\.(float|int|object|str|complex)\b(?!_)",
    ),
    Old(
        "np.bool, np.long",
        "bool, int; gone in NumPy 1.24, back since 2.0 as NumPy's own types",
        r"\bnp\.(bool|long)\b(?!_)",
        "changes",
    ),
    Old(
        "scipy.misc.imread, imresize, imsave",
        "PIL.Image, or keras.utils.load_img",
        r"scipy\.misc\b|from scipy import .*\bmisc\b|\bmisc\.(imread|imresize|imsave|toimage)|"
        r"\bndimage\.imread",
    ),
    Old(
        "scipy.ndimage.interpolation",
        "scipy.ndimage",
        r"scipy\.ndimage\.(interpolation|filters)",
        "warns",
    ),
    Old("Image.ANTIALIAS", "Image.Resampling.LANCZOS", r"\bImage\.ANTIALIAS\b"),
    Old("sklearn.cross_validation", "sklearn.model_selection", r"sklearn\.cross_validation"),
    # Python 2
    Old('print "loss"', 'print("loss")', r"^\s*print\s+[^(\s=]"),
    Old(
        "xrange, raw_input, unicode, iteritems, has_key",
        "range, input, str, items, in",
        r"\b(xrange|raw_input|unicode)\(|\.(iteritems|itervalues|has_key)\(",
    ),
    Old(
        "import cPickle, urllib.urlretrieve",
        "pickle, urllib.request.urlretrieve",
        r"\bcPickle\b|\burllib\.urlretrieve\b|\bimport urllib2\b",
    ),
)
"""Old names and today's, in the order of a program: imports, layers, training, files."""


@dataclass(frozen=True)
class Line:
    """A line of an old program.

    Args:
        cell: The number of its cell, from 1; 0 where the file has no cells.
        line: Its number in the cell or the file, from 1.
        code: The line.
        old: What of the table it holds.
    """

    cell: int
    line: int
    code: str
    old: Old

    def __str__(self) -> str:
        """Return the line and, below it, what to write."""
        place = f"cell {self.cell}, line {self.line}" if self.cell else f"line {self.line}"
        code = textwrap.shorten(self.code.strip(), 76, placeholder=" …")
        return f"{place}: {code}\n    {EFFECTS[self.old.effect]}. Write: {self.old.new}"


def read_program(path: str | Path) -> list[tuple[int, list[str]]]:
    """Read a notebook, a script or a text as cells of lines.

    Args:
        path: An ``.ipynb`` (of any version), or any text file.

    Returns:
        (number of the cell, its lines); one cell with the number 0 for a text.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no notebook, although its name says so, or no text.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text. Give a notebook (.ipynb) or a script.") from None
    if path.suffix != ".ipynb":
        return [(0, text.splitlines())]
    try:
        notebook = json.loads(text)
        sheets = notebook.get("worksheets") or [notebook]
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no notebook: {error}") from None
    code = []
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            code.append((number, "".join(source).splitlines()))
    return code


def old_lines(path: str | Path) -> list[Line]:
    """List the lines of an old program that no longer run as they did, with a replacement.

    Args:
        path: As :func:`read_program`.

    Returns:
        A line for each old name in it, in the order of the program.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds neither a notebook nor text.

    Example:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "old.py"
        >>> _ = path.write_text("model.fit(x, y, nb_epoch=5)")
        >>> old_lines(path)[0].old.new
        'epochs='
    """
    return [
        Line(cell, number, code, old)
        for cell, lines in read_program(path)
        for number, code in enumerate(lines, 1)
        for old in _found(code)
    ]


def _found(line: str) -> Iterator[Old]:
    code = re.sub(r"(^|\s)#.*", "", line)
    if not code.strip():
        return
    defines = re.match(r"\s*def\s", code)  # what a function of one's own calls its arguments
    for old in TABLE:
        if re.search(old.pattern, code) and not (defines and old.pattern.endswith(r"\s*=")):
            yield old


def table() -> str:
    """Write the table of old names as Markdown.

    Example:
        >>> table().splitlines()[2][:30]
        '| `keras.layers.core, .convolu'
    """
    rows = ["| In old programs | Today | What happens |", "|---|---|---|"]
    rows += [f"| `{old.old}` | `{old.new}` | {EFFECTS[old.effect]} |" for old in TABLE]
    return "\n".join(rows)
