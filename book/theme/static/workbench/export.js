// A network as Keras code that stands alone. A network that does not fit is refused: see ledger().
import { axes, full, inputShape, isWindow, pair } from "./architecture.js";
import { outputSize, padAmounts } from "./window.js";
import { ledger } from "./ledger.js";

function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `(${value.map(python).join(", ")})`;
  return String(value);
}

const alike = (value) => (pair(value)[0] === pair(value)[1] ? pair(value)[0] : value);

// Keras's word for the padding, and the zeros to add first where it has none: as network.py.
function padding(layer, input) {
  const both = axes(layer, input);
  const amounts = both.map(padAmounts);
  if (amounts.flat().every((zeros) => zeros === 0)) return { word: null, amounts: null };
  const same = both.map((axis) => ({ ...axis, padding: "same", rounding: "floor" }));
  const gives = (find) => JSON.stringify(same.map(find)) === JSON.stringify(both.map(find));
  if (gives(outputSize) && gives(padAmounts)) return { word: "same", amounts: null };
  return { word: null, amounts };
}

function call(name, positional, options) {
  const named = Object.entries(options).map(([key, value]) => `${key}=${python(value)}`);
  return `${name}(${[...positional.map(python), ...named].join(", ")})`;
}

function* kerasLayers(layer, input, format) {
  const { kind, ...said } = full(layer);
  const name = said.name.replaceAll("/", "_"); // Keras takes no slash in a name
  const activation = said.activation === null ? {} : { activation: said.activation };
  const more = {};
  if (isWindow(layer)) {
    const { word, amounts } = padding(layer, input);
    if (amounts) {
      const pad = kind === "conv" ? "layers.ZeroPadding2D" : "InfinitePadding2D";
      yield call(pad, [amounts], format);
    }
    if (kind === "pool" || alike(said.strides) !== 1) more.strides = alike(said.strides);
    if (word) more.padding = word;
  }
  switch (kind) {
    case "conv":
      if (said.groups !== 1) more.groups = said.groups;
      yield call("layers.Conv2D", [said.filters, alike(said.kernel_size)], {
        ...more, ...activation, ...format, name,
      });
      break;
    case "pool":
      yield call("layers.MaxPooling2D", [alike(said.pool_size)], { ...more, ...format, name });
      break;
    case "lrn": {
      const { size, alpha, beta, k, divide_by_size, groups, across } = said;
      if (groups !== 1) more.groups = groups;
      if (across !== "channels") more.across = across;
      yield call("LRN", [], { size, alpha, beta, k, divide_by_size, ...more, ...format, name });
      break;
    }
    case "activation":
      yield call("layers.Activation", [said.activation], { name });
      break;
    case "flatten":
      yield call("layers.Flatten", [], { ...format, name });
      break;
    case "dense":
      yield call("layers.Dense", [said.units], { ...activation, name });
      break;
    case "dropout":
      yield call("layers.Dropout", [said.rate], { name });
  }
}

// The code; an Error with Python's words where the network does not fit.
export function kerasCode(network, dataFormat = "channels_last") {
  const book = ledger(network);
  if (book.error) throw new Error(book.error);
  const first = dataFormat === "channels_first";
  const format = first ? { data_format: dataFormat } : {};
  const [height, width, channels] = inputShape(network);
  const shape = first ? [channels, height, width] : [height, width, channels];
  const lines = network.layers.flatMap((layer, i) => [
    ...kerasLayers(layer, book.rows[i].input, format),
  ]);
  const own = ["LRN(", "InfinitePadding2D("].filter((name) =>
    lines.some((line) => line.startsWith(name)),
  );
  const code = ["import keras", "from keras import layers"];
  if (own.length) {
    const names = own.map((name) => name.slice(0, -1)).join(", ");
    code.push("", `from alexnet_tutorial.network.layers import ${names}`);
  }
  code.push("");
  if (first) code.push("# On a CPU, TensorFlow builds channels_first convolutions but cannot run them.");
  code.push("model = keras.Sequential(", "    [", `        keras.Input(${python(shape)}),`);
  code.push(...lines.map((line) => `        ${line},`));
  code.push("    ],", `    name=${python(network.name.replaceAll("/", "_"))},`, ")", "");
  return code.join("\n");
}
