// The fields of one layer: which there are, how a value is read from the description and written
// back. Each field is {key, label, type, get, set}; `get` reads a layer, `set` gives its changes.
import { full, paddingPair, pair } from "./architecture.js";
import { resolvePadding } from "./window.js";

export const KIND_NAMES = {
  conv: "convolution",
  pool: "max pooling",
  lrn: "local response normalization",
  activation: "activation",
  flatten: "flatten",
  dense: "dense",
  dropout: "dropout",
};

// What a new layer starts from.
export const NEW = {
  conv: { filters: 64, kernel_size: 3, padding: 1 },
  pool: { pool_size: 3, strides: 2 },
  lrn: {},
  activation: {},
  flatten: {},
  dense: { units: 1000 },
  dropout: {},
};

const PREFIX = {
  conv: "conv", pool: "pool", lrn: "lrn", activation: "act", flatten: "flatten", dense: "fc",
  dropout: "drop",
};

export function newLayer(kind, layers) {
  const taken = new Set(layers.map((layer) => layer.name));
  let name = PREFIX[kind];
  for (let n = kind === "flatten" ? 2 : 1; taken.has(name) || name === PREFIX[kind]; n++) {
    if (kind === "flatten" && !taken.has(name)) break;
    name = `${PREFIX[kind]}${n}`;
  }
  return { kind, name, ...NEW[kind] };
}

// One number where both axes have the same.
const joined = ([rows, columns]) => (rows === columns ? rows : [rows, columns]);

const two = (value) => {
  try {
    return pair(value);
  } catch {
    return [value, value];
  }
};

// The padding as {mode, sides: [[top, bottom], [left, right]]}.
function readPadding(padding) {
  let both;
  try {
    both = paddingPair(padding);
  } catch {
    both = [padding, padding];
  }
  if (both.every((axis) => axis === "same")) return { mode: "same", sides: [[0, 0], [0, 0]] };
  if (both.every((axis) => axis === "valid")) return { mode: "valid", sides: [[0, 0], [0, 0]] };
  const sides = both.map((axis) => (Array.isArray(axis) ? [...axis] : [axis, axis]));
  return { mode: "numbers", sides };
}

function writePadding([rows, columns]) {
  if (rows[0] !== rows[1] || columns[0] !== columns[1]) return [rows, columns];
  return joined([rows[0], columns[0]]);
}

// Whether a window has the same kernel, steps and padding along both axes.
export function isAlike(layer) {
  const said = full(layer);
  const kernel = two(said.kernel_size ?? said.pool_size);
  const strides = two(said.strides);
  const { sides } = readPadding(said.padding);
  return (
    kernel[0] === kernel[1] && strides[0] === strides[1] &&
    sides[0][0] === sides[1][0] && sides[0][1] === sides[1][1]
  );
}

// The changes that give the columns what the rows have.
export function makeAlike(layer) {
  const said = full(layer);
  const what = layer.kind === "conv" ? "kernel_size" : "pool_size";
  const { mode, sides } = readPadding(said.padding);
  return {
    [what]: two(said[what])[0],
    strides: two(said.strides)[0],
    ...(mode === "numbers" ? { padding: writePadding([sides[0], sides[0]]) } : {}),
  };
}

const number = (key, label, options = {}) => ({
  key,
  label,
  type: "number",
  min: 1,
  get: (layer) => full(layer)[key],
  set: (layer, value) => ({ [key]: value }),
  ...options,
});

const choice = (key, label, options) => ({
  key,
  label,
  type: "select",
  options,
  get: (layer) => full(layer)[key] ?? "",
  set: (layer, value) => ({ [key]: value === "" ? null : value }),
});

// A number for both axes, or one for each.
function sized(key, label, alike) {
  if (alike) return [number(key, label, { get: (layer) => two(full(layer)[key])[0] })];
  return ["height", "width"].map((word, axis) => ({
    key: `${key}-${word}`,
    label: `${label} ${word}`,
    type: "number",
    min: 1,
    get: (layer) => two(full(layer)[key])[axis],
    set: (layer, value) => ({ [key]: joined(two(full(layer)[key]).with(axis, value)) }),
  }));
}

function side(label, key, at) {
  return {
    key,
    label,
    type: "number",
    min: 0,
    get: (layer) => readPadding(full(layer).padding).sides[at[0][0]][at[0][1]],
    set: (layer, value) => {
      const { sides } = readPadding(full(layer).padding);
      for (const [axis, end] of at) sides[axis][end] = value;
      return { padding: writePadding(sides) };
    },
  };
}

function windowFields(what, label, alike) {
  return [
    ...sized(what, label, alike),
    ...sized("strides", "Stride", alike),
    {
      key: "padding",
      label: "Padding",
      type: "select",
      options: [["numbers", "numbers"], ["valid", "valid"], ["same", "same"]],
      get: (layer) => readPadding(full(layer).padding).mode,
      // From a word to numbers: those that the word stands for here.
      set: (layer, mode, axes) => {
        if (mode !== "numbers") return { padding: mode };
        try {
          return { padding: writePadding(axes.map(resolvePadding)) };
        } catch {
          return { padding: 0 };
        }
      },
    },
  ];
}

function sides(layer, alike) {
  if (readPadding(full(layer).padding).mode !== "numbers") return [];
  if (alike) {
    return [
      side("Zeros before", "before", [[0, 0], [1, 0]]),
      side("Zeros after", "after", [[0, 1], [1, 1]]),
    ];
  }
  return [
    side("Zeros at the top", "top", [[0, 0]]),
    side("at the bottom", "bottom", [[0, 1]]),
    side("at the left", "left", [[1, 0]]),
    side("at the right", "right", [[1, 1]]),
  ];
}

const ROUNDING = choice("rounding", "Rounding", [["floor", "down ⌊ ⌋"], ["ceil", "up ⌈ ⌉"]]);

// A layer that is nothing but an activation cannot go without.
function activation(layer) {
  const known = ["relu", "softmax", "sigmoid", "tanh", ...(layer.kind === "activation" ? [] : [""])];
  const now = full(layer).activation ?? "";
  const names = known.includes(now) ? known : [now, ...known];
  return choice("activation", "Activation", names.map((name) => [name, name || "none"]));
}

const NAME = {
  key: "name", label: "Name", type: "text", get: (layer) => layer.name,
  set: (layer, value) => ({ name: value }),
};

const decimal = (key, label) => number(key, label, { min: 0, step: "any" });

export function layerFields(layer, alike) {
  switch (layer.kind) {
    case "conv":
      return [
        NAME,
        number("filters", "Filters"),
        ...windowFields("kernel_size", "Kernel", alike),
        ...sides(layer, alike),
        ROUNDING,
        number("groups", "Groups"),
        activation(layer),
      ];
    case "pool":
      return [NAME, ...windowFields("pool_size", "Pool size", alike), ...sides(layer, alike), ROUNDING];
    case "lrn": {
      const { across, groups } = full(layer);
      return [
        NAME,
        {
          ...choice("across", "Neighbors in", [["channels", "channels"], ["pixels", "the map"]]),
          // Within a map no group has a border.
          set: (each, value) => ({ across: value, ...(value === "pixels" ? { groups: 1 } : {}) }),
        },
        number("size", `Size (${across})`, { step: 2 }),
        ...(across === "pixels" && groups === 1 ? [] : [number("groups", "Groups")]),
        decimal("alpha", "α"),
        decimal("beta", "β"),
        decimal("k", "k"),
        {
          key: "divide_by_size",
          label: `divide α by the ${across === "pixels" ? "size squared" : "size"}`,
          type: "checkbox",
          get: (each) => full(each).divide_by_size,
          set: (each, value) => ({ divide_by_size: value }),
        },
      ];
    }
    case "activation":
      return [NAME, activation(layer)];
    case "dense":
      return [NAME, number("units", "Units"), activation(layer)];
    case "dropout":
      return [NAME, number("rate", "Rate", { min: 0, max: 0.99, step: 0.1 })];
    default:
      return [NAME];
  }
}

// The fields of the picture that comes in, which belong to the network.
export function inputFields(alike) {
  const size = alike
    ? [{
        key: "size", label: "Height and width", type: "number", min: 1,
        get: (network) => network.input_size[0],
        set: (network, value) => ({ input_size: [value, value] }),
      }]
    : ["height", "width"].map((word, axis) => ({
        key: word, label: word === "height" ? "Height" : "Width", type: "number", min: 1,
        get: (network) => network.input_size[axis],
        set: (network, value) => ({ input_size: network.input_size.with(axis, value) }),
      }));
  return [
    {
      key: "network-name", label: "Name of the network", type: "text",
      get: (network) => network.name, set: (network, value) => ({ name: value }),
    },
    ...size,
    {
      key: "channels", label: "Channels", type: "number", min: 1,
      get: (network) => network.channels, set: (network, value) => ({ channels: value }),
    },
  ];
}
