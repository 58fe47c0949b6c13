// The ledger of a description: alexnet_tutorial/shapes/ledger.py. Counts are BigInt.
import { count } from "../live/base.js";
import {
  axisFormula,
  outputSize,
  padAmounts,
  product,
  repr,
  resolvePadding,
  unreadPixels,
} from "./window.js";
import * as architecture from "./architecture.js";

const FLOAT32_BYTES = 4n;

export const kib = (bytes) =>
  (Number(bytes) / 1024).toLocaleString("en-US", {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    roundingMode: "halfEven", // as Python
  });

function formulas(layer, input, output) {
  switch (layer.kind) {
    case "conv":
    case "pool": {
      const both = architecture.axes(layer, input);
      const [rows, columns] = both.map((axis, i) => axisFormula(axis, output[i]));
      const formula = rows === columns ? rows : `${rows}; ${columns}`;
      if (layer.kind === "pool") return { formula };
      const perGroup = input[2] / architecture.full(layer).groups;
      const kernel = architecture.pair(layer.kernel_size);
      const one = `${kernel[0]} · ${kernel[1]} · ${perGroup} · ${output[2]}`;
      const weights = product(...kernel, perGroup, output[2]);
      const macs = product(output[0], output[1]) * weights;
      return {
        formula,
        parametersFormula: `${one} + ${output[2]} = ${count(weights + BigInt(output[2]))}`,
        macsFormula: `${output[0]} · ${output[1]} · ${one} = ${count(macs)}`,
      };
    }
    case "dense": {
      const all = product(input[0], layer.units);
      return {
        formula: `${input[0]} → ${layer.units}`,
        parametersFormula:
          `${input[0]} · ${layer.units} + ${layer.units} = ${count(all + BigInt(layer.units))}`,
        macsFormula: `${input[0]} · ${layer.units} = ${count(all)}`,
      };
    }
    case "flatten":
      return { formula: `${input.join(" · ")} = ${output[0]}` };
    default:
      return {};
  }
}

function row(layer, input) {
  const output = architecture.outputShape(layer, input);
  const [macs, macsUnpadded] = architecture.macs(layer, input);
  return {
    formula: "",
    parametersFormula: "",
    macsFormula: "",
    ...formulas(layer, input, output),
    output,
    parameters: architecture.parameters(layer, input),
    macs,
    macsUnpadded,
    bytes: product(...output) * FLOAT32_BYTES,
  };
}

// One row for each layer. A layer that does not fit has an `error` and no `output`; those after
// it have no `input`. `error` of the whole says what Python would raise, null where it is fine.
export function ledger(network) {
  const problem = architecture.networkProblem(network);
  let shape = problem.input ? null : architecture.inputShape(network);
  let said = problem.input ?? problem.names ?? null;
  let error = said && `network ${repr(network.name)}: ${said}`;
  const rows = network.layers.map((layer) => {
    const found = { name: layer.name, kind: layer.kind, input: shape, output: null, error: null };
    if (shape === null) return found;
    try {
      Object.assign(found, row(layer, shape));
    } catch (wrong) {
      found.error = wrong.message;
      error ??= `network ${repr(network.name)}, layer ${repr(layer.name)}, input ` +
        `${repr(shape)}: ${wrong.message}`;
    }
    shape = found.output;
    return found;
  });
  const whole = rows.every((each) => each.output) && !problem.input;
  const sum = (what) => (whole ? rows.reduce((total, each) => total + each[what], 0n) : null);
  return {
    name: network.name,
    rows,
    problem,
    error,
    parameters: sum("parameters"),
    macs: sum("macs"),
    macsUnpadded: sum("macsUnpadded"),
    bytes: sum("bytes"),
  };
}

// The windows of one layer along height and width: what a drawing of them needs.
export function windows(layer, input) {
  return architecture.axes(layer, input).map((axis) => {
    const [before, after] = padAmounts(axis);
    const [, asked] = resolvePadding(axis);
    return {
      size: axis.size,
      kernel: axis.kernel_size,
      strides: axis.strides,
      before,
      after,
      extra: after - asked, // zeros that only rounding up asks for
      positions: outputSize(axis),
      unread: unreadPixels(axis),
    };
  });
}
