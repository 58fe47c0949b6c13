// The shape arithmetic of alexnet_tutorial/shapes/window.py, function by function and with its words.
// Sizes are numbers, which must stay under 2^53; counts, which can pass it, are BigInt.

// A value as Python writes it, since the messages are Python's.
export function repr(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return value.includes("'") ? `"${value}"` : `'${value}'`;
  if (Array.isArray(value)) {
    return `(${value.map(repr).join(", ")}${value.length === 1 ? "," : ""})`;
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function positive(value, what) {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(
      `${what} is ${repr(value)}, and must be an integer of at least 1: it counts pixels or maps.`,
    );
  }
}

export function resolvePadding({ size, kernel_size, strides = 1, padding = 0 }) {
  positive(kernel_size, "kernel_size");
  positive(size, "size");
  positive(strides, "strides");
  if (padding === "valid") return [0, 0];
  if (padding === "same") {
    const outputs = Math.ceil(size / strides);
    const total = Math.max((outputs - 1) * strides + kernel_size - size, 0);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  }
  const pair = Array.isArray(padding) ? padding : [padding, padding];
  if (pair.length !== 2 || pair.some((side) => !Number.isSafeInteger(side) || side < 0)) {
    throw new Error(
      `padding is ${repr(padding)}, and must be 'valid', 'same', an integer of at least 0, or ` +
        "a pair (before, after) of such integers for one axis.",
    );
  }
  return pair;
}

export function outputSize(axis) {
  const { size, kernel_size, strides = 1, rounding = "floor" } = axis;
  const [before, after] = resolvePadding(axis);
  if (!["floor", "ceil"].includes(rounding)) {
    throw new Error(`rounding is ${repr(rounding)}, and must be one of floor, ceil.`);
  }
  const room = size + before + after - kernel_size;
  if (room < 0) {
    throw new Error(
      `a window of ${kernel_size} pixels does not fit into ${size} + ${before} + ${after} = ` +
        `${size + before + after} pixels. The map shrank too far before this layer: use a ` +
        "smaller kernel, more padding, a larger input, or fewer strides above.",
    );
  }
  return (rounding === "floor" ? Math.floor(room / strides) : Math.ceil(room / strides)) + 1;
}

// Zeros before and after the axis that make rounding down give the same output size.
export function padAmounts(axis) {
  const [before, after] = resolvePadding(axis);
  const needed = (outputSize(axis) - 1) * (axis.strides ?? 1) + axis.kernel_size;
  return [before, Math.max(after, needed - axis.size - before)];
}

// Pixels at the end of the axis that no window reaches.
export function unreadPixels(axis) {
  const [before] = resolvePadding(axis);
  const end = (outputSize(axis) - 1) * (axis.strides ?? 1) + axis.kernel_size - before;
  return Math.max(axis.size - end, 0);
}

// Pairs (window position, weight) that meet a pixel: all of them, less those before the first
// pixel, less those after the last. Both are sums of arithmetic series, so that no window,
// however large, costs time.
export function weightsOnPixels(axis) {
  const [before] = resolvePadding(axis);
  const outputs = outputSize(axis);
  const { size, kernel_size, strides = 1 } = axis;
  const past = (outputs - 1) * strides + kernel_size - before - size;
  const outside = (zeros) =>
    series(zeros, strides, outputs) - series(zeros - kernel_size, strides, outputs);
  return BigInt(outputs) * BigInt(kernel_size) - outside(before) - outside(past);
}

// first + (first - step) + (first - 2 step) + …, at most `count` terms, positive ones only.
function series(first, step, count) {
  if (first <= 0) return 0n;
  const terms = BigInt(Math.min(count, Math.ceil(first / step)));
  return terms * BigInt(first) - (BigInt(step) * terms * (terms - 1n)) / 2n;
}

export function checkGroups(inChannels, filters, groups) {
  positive(inChannels, "in_channels");
  positive(filters, "filters");
  positive(groups, "groups");
  for (const [what, number] of [["input channels", inChannels], ["filters", filters]]) {
    if (number % groups) {
      throw new Error(
        `${groups} groups do not divide ${number} ${what}: each group must get the same ` +
          `whole number of them. Choose a multiple of ${groups}.`,
      );
    }
  }
}

export function product(...factors) {
  return factors.reduce((total, factor) => total * BigInt(factor), 1n);
}

export function convParameters(inChannels, filters, [height, width], groups = 1) {
  checkGroups(inChannels, filters, groups);
  // Python multiplies before it has looked at the kernel, which the window's size refuses next.
  if (![height, width].every(Number.isSafeInteger)) return 0n;
  return product(height, width, inChannels / groups, filters) + BigInt(filters);
}

export function denseParameters(inputs, units) {
  positive(inputs, "inputs");
  positive(units, "units");
  return product(inputs, units) + BigInt(units);
}

export function convMacs(positions, inChannels, filters, kernel, groups = 1) {
  checkGroups(inChannels, filters, groups);
  return positions * kernel * product(inChannels / groups, filters);
}

// How the size comes out, as ledger.py writes it.
export function axisFormula(axis, out) {
  const [before, after] = resolvePadding(axis);
  const pads = before || after ? ` + ${before} + ${after}` : "";
  const [left, right] = axis.rounding === "ceil" ? "⌈⌉" : "⌊⌋";
  return (
    `${left}(${axis.size}${pads} − ${axis.kernel_size}) / ${axis.strides}${right} + 1 = ${out}`
  );
}
