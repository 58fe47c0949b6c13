// Descriptions of networks: alexnet_tutorial/shapes/architecture.py, on plain objects as its to_json
// writes them. What each kind of layer has comes from Python too (presets.js, made by the build).
import * as arithmetic from "./window.js";
import { KINDS } from "./presets.js";

const { checkGroups, positive, repr } = arithmetic;

export function pair(value) {
  if (Number.isInteger(value) || typeof value === "boolean") return [value, value];
  if (Array.isArray(value) && value.length === 2) return value;
  throw new Error(`expected one integer or (height, width), received ${repr(value)}`);
}

// One padding for each axis: 'valid', 'same', n, [h, w], [[t, b], [l, r]].
export function paddingPair(padding) {
  return typeof padding === "string" ? [padding, padding] : pair(padding);
}

export function full(layer) {
  return { ...KINDS[layer.kind].defaults, ...layer };
}

export const isWindow = (layer) => layer.kind === "conv" || layer.kind === "pool";

function needMaps(layer, shape) {
  if (shape.length !== 3) {
    throw new Error(
      `a ${layer.kind} layer needs maps (height, width, channels), and its input has ` +
        `shape ${repr(shape)}. Was it placed after Flatten?`,
    );
  }
}

// Arguments of the arithmetic, one object for each of height and width.
export function axes(layer, shape) {
  needMaps(layer, shape);
  const { strides, padding, rounding, ...rest } = full(layer);
  const kernels = pair(layer.kind === "conv" ? rest.kernel_size : rest.pool_size);
  const steps = pair(strides);
  const paddings = paddingPair(padding);
  return [0, 1].map((axis) => ({
    size: shape[axis],
    kernel_size: kernels[axis],
    strides: steps[axis],
    padding: paddings[axis],
    rounding,
  }));
}

const outputShapes = {
  conv(layer, shape) {
    parameters(layer, shape); // refuses groups that do not divide
    return [...axes(layer, shape).map(arithmetic.outputSize), layer.filters];
  },
  pool(layer, shape) {
    const both = axes(layer, shape);
    const size = both.map(arithmetic.outputSize);
    for (const axis of both) {
      const padding = arithmetic.padAmounts(axis);
      if (Math.max(...padding) >= axis.kernel_size) {
        throw new Error(
          `pads ${repr(padding)} pixels for a window of ${axis.kernel_size}: a window ` +
            "would lie wholly outside the maps and have no maximum. Pad by less than " +
            "the window.",
        );
      }
    }
    return [...size, shape[2]];
  },
  lrn(layer, shape) {
    needMaps(layer, shape);
    const { size, groups, across } = full(layer);
    positive(size, "size");
    if (size % 2 === 0) {
      throw new Error(
        `size is ${size}, and must be odd, so that as many neighbors lie before a ` +
          "value as after it.",
      );
    }
    if (!["channels", "pixels"].includes(across)) {
      throw new Error(`across is ${repr(across)}, and must be one of channels, pixels.`);
    }
    checkGroups(shape[2], shape[2], groups);
    if (across === "pixels" && groups > 1) {
      throw new Error(
        `groups is ${groups} across pixels: each map is normalized by itself there, so no ` +
          "group has a border. Leave groups at 1.",
      );
    }
    return shape;
  },
  activation(layer, shape) {
    const { activation } = full(layer);
    if (typeof activation !== "string") {
      throw new Error(
        `activation is ${repr(activation)}, and a layer without one does nothing. Name a Keras ` +
          "activation, such as relu, or remove the layer.",
      );
    }
    return shape;
  },
  flatten(layer, shape) {
    needMaps(layer, shape);
    const length = Number(arithmetic.product(...shape));
    if (!Number.isSafeInteger(length)) {
      throw new Error("the vector has more than 2^53 numbers, and the workbench stops there.");
    }
    return [length];
  },
  dense(layer, shape) {
    parameters(layer, shape);
    return [layer.units];
  },
  dropout(layer, shape) {
    const { rate } = full(layer);
    if (typeof rate !== "number" || !(rate >= 0 && rate < 1)) {
      throw new Error(
        `rate is ${repr(rate)}, and must be at least 0 and under 1: it is the share ` +
          "of values set to zero.",
      );
    }
    return shape;
  },
};

export function outputShape(layer, shape) {
  return outputShapes[layer.kind](layer, shape);
}

export function parameters(layer, shape) {
  if (layer.kind === "conv") {
    needMaps(layer, shape);
    const { filters, kernel_size, groups } = full(layer);
    return arithmetic.convParameters(shape[2], filters, pair(kernel_size), groups);
  }
  if (layer.kind !== "dense") return 0n;
  if (shape.length !== 1) {
    throw new Error(
      `a dense layer needs a vector, and its input has shape ${repr(shape)}. Put a Flatten ` +
        "layer before it.",
    );
  }
  return arithmetic.denseParameters(shape[0], layer.units);
}

// Multiply-accumulates on one picture: [products with padding zeros included, left out].
export function macs(layer, shape) {
  if (layer.kind === "dense") {
    const all = arithmetic.product(shape[0], layer.units);
    return [all, all];
  }
  if (layer.kind !== "conv") return [0n, 0n];
  const { filters, groups } = full(layer);
  const both = axes(layer, shape);
  const count = (positions, kernel) =>
    arithmetic.convMacs(positions, shape[2], filters, kernel, groups);
  return [
    count(
      arithmetic.product(...both.map(arithmetic.outputSize)),
      arithmetic.product(...both.map((axis) => axis.kernel_size)),
    ),
    count(arithmetic.product(...both.map(arithmetic.weightsOnPixels)), 1n),
  ];
}

export function inputShape(network) {
  return [...pair(network.input_size), network.channels];
}

// What is wrong with the network as a whole: {input} or {names}, as Python says it; or nothing.
export function networkProblem(network) {
  try {
    const shape = inputShape(network);
    ["input height", "input width", "channels"].forEach((what, i) => positive(shape[i], what));
  } catch (error) {
    return { input: error.message };
  }
  const names = network.layers.map((layer) => layer.name);
  const repeated = names.filter((name, i) => names.indexOf(name) !== i);
  if (!repeated.length) return {};
  return {
    names:
      `two layers are called ${[...new Set(repeated)].sort().join(", ")}. Give each ` +
      "layer a name of its own: the ledger and Keras find layers by name.",
  };
}

// ---- JSON ------------------------------------------------------------------------------------

function needFields(data, required, optional, what) {
  if (data === null || typeof data !== "object" || Array.isArray(data)) {
    throw new Error(`${what} is ${repr(data)}, and must be an object with ${required.join(", ")}.`);
  }
  const known = [...required, ...optional];
  const missing = required.filter((name) => !Object.hasOwn(data, name));
  const unknown = Object.keys(data).filter((name) => !known.includes(name));
  const wrong = [];
  if (missing.length) wrong.push(`lacks ${missing.join(", ")}`);
  if (unknown.length) wrong.push(`has ${unknown.join(", ")}, which nothing reads`);
  if (wrong.length) throw new Error(`${what} ${wrong.join(" and ")}. Known: ${known.join(", ")}.`);
}

function layerFromJson(data, index) {
  if (data === null || typeof data !== "object" || !Object.hasOwn(KINDS, data.kind)) {
    const kind = data !== null && typeof data === "object" ? data.kind : data;
    const known = Object.keys(KINDS).join(", ");
    throw new Error(`layer ${index} is of kind ${repr(kind)}. Known kinds: ${known}.`);
  }
  const { required, defaults } = KINDS[data.kind];
  const what = "name" in data ? `layer ${repr(data.name)}` : `layer ${index}`;
  needFields(data, ["kind", "name", ...required], Object.keys(defaults), what);
  if (typeof data.name !== "string") throw new Error(`${what}: a layer's name must be a text.`);
  return { ...data };
}

// A description from plain values. Unlike Python's it accepts layers that do not fit: they are
// shown where they stand.
export function fromJson(data) {
  needFields(data, ["name", "input_size", "layers"], ["channels"], "the description");
  if (!Array.isArray(data.layers)) {
    throw new Error(`layers is ${repr(data.layers)}, and must be a list of layers.`);
  }
  if (typeof data.name !== "string") throw new Error("the network's name must be a text.");
  return {
    name: data.name,
    input_size: [...pair(data.input_size)],
    channels: "channels" in data ? data.channels : 3,
    layers: data.layers.map(layerFromJson),
  };
}

// The description as Python's to_json writes it: what a layer has by default is left out.
export function toJson(network) {
  const layers = network.layers.map((layer) => {
    const { required, defaults } = KINDS[layer.kind];
    const kept = Object.keys(defaults).filter(
      (name) => name in layer && JSON.stringify(layer[name]) !== JSON.stringify(defaults[name]),
    );
    const names = ["kind", "name", ...required, ...kept];
    return Object.fromEntries(names.map((name) => [name, layer[name]]));
  });
  return {
    name: network.name,
    input_size: network.input_size,
    channels: network.channels,
    layers,
  };
}
