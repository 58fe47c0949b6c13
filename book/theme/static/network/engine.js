// The network's arithmetic: from the bytes of a picture to every layer's output. One function that
// needs nothing around it, so that its text can be the source of a worker.

// What is computed with: `plan` as plan.js has it, `bytes` the weights as tools/network.py packs
// them. `steps(pixels)` gives a generator, one step a layer; after the last, `outputs` holds them.
export function makeEngine(plan, bytes) {
  const numbers = new Float32Array(bytes.slice(0, plan.floats * 4));
  const kernels = new Int8Array(bytes, plan.floats * 4);
  let number = 0;
  let kernel = 0;
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const weights = plan.layers.map((layer) => {
    if (layer.kind !== "conv" && layer.kind !== "dense") return null;
    const filters = layer.output.at(-1);
    const inputs = layer.kind === "conv" ? product(layer.window) * layer.input[2] : layer.input[0];
    const scale = numbers.subarray(number, number + filters);
    const bias = numbers.subarray(number + filters, (number += 2 * filters));
    const values = new Float32Array(inputs * filters);
    for (let i = 0; i < values.length; i++) values[i] = kernels[kernel + i] * scale[i % filters];
    kernel += values.length;
    return { values, bias, filters };
  });
  const longest = Math.max(...weights.map((w) => (w ? w.values.length / w.filters : 0)));
  const place = new Int32Array(longest + 3); // of a row of weights
  const value = new Float64Array(longest + 3);
  const sums = new Float64Array(Math.max(...weights.map((w) => w?.filters ?? 0)));
  let products = 0;

  // Only inputs that are not zero are multiplied: after a ReLU these are few.
  function gather(input, from, count, row, filters, found) {
    for (let i = 0; i < count; i++) {
      const x = input[from + i];
      if (x !== 0) {
        place[found] = (row + i) * filters;
        value[found++] = x;
      }
    }
    return found;
  }

  function multiply({ values, bias, filters }, found, output, at, relu) {
    products += found * filters;
    while (found % 4) {
      place[found] = 0;
      value[found++] = 0;
    }
    for (let f = 0; f < filters; f++) sums[f] = bias[f];
    for (let i = 0; i < found; i += 4) {
      const a = place[i], b = place[i + 1], c = place[i + 2], d = place[i + 3];
      const w = value[i], x = value[i + 1], y = value[i + 2], z = value[i + 3];
      for (let f = 0; f < filters; f++) {
        sums[f] += w * values[a + f] + x * values[b + f] + y * values[c + f] + z * values[d + f];
      }
    }
    for (let f = 0; f < filters; f++) output[at + f] = relu && sums[f] < 0 ? 0 : sums[f];
  }

  const compute = {
    conv(layer, input, output, weight) {
      const [height, width, channels] = layer.input;
      const [rows, columns, filters] = layer.output;
      const [high, wide] = layer.window;
      const relu = layer.activation === "relu";
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const top = row * layer.strides[0] - layer.pads[0];
          const left = column * layer.strides[1] - layer.pads[1];
          const first = Math.max(left, 0);
          const length = (Math.min(left + wide, width) - first) * channels;
          let found = 0;
          for (let y = Math.max(top, 0); y < Math.min(top + high, height); y++) {
            const from = (y * width + first) * channels;
            const line = ((y - top) * wide + first - left) * channels;
            found = gather(input, from, length, line, filters, found);
          }
          multiply(weight, found, output, (row * columns + column) * filters, relu);
        }
      }
    },
    pool(layer, input, output) {
      const [height, width, channels] = layer.input;
      const [rows, columns] = layer.output;
      output.fill(-Infinity);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const top = row * layer.strides[0] - layer.pads[0];
          const left = column * layer.strides[1] - layer.pads[1];
          const at = (row * columns + column) * channels;
          for (let y = Math.max(top, 0); y < Math.min(top + layer.window[0], height); y++) {
            for (let x = Math.max(left, 0); x < Math.min(left + layer.window[1], width); x++) {
              const from = (y * width + x) * channels;
              for (let c = 0; c < channels; c++) {
                if (input[from + c] > output[at + c]) output[at + c] = input[from + c];
              }
            }
          }
        }
      }
    },
    dense(layer, input, output, weight) {
      const found = gather(input, 0, input.length, 0, weight.filters, 0);
      multiply(weight, found, output, 0, layer.activation === "relu");
      if (layer.activation === "softmax") {
        const most = Math.max(...output);
        const powers = Array.from(output, (x) => Math.exp(x - most));
        const all = powers.reduce((a, b) => a + b);
        powers.forEach((power, i) => (output[i] = power / all));
      }
    },
  };

  function* steps(pixels) {
    products = 0;
    let input = Float32Array.from(pixels, (byte, i) => Math.fround(byte / 255) - plan.mean[i % 3]);
    const outputs = [];
    for (const [i, layer] of plan.layers.entries()) {
      const output = new Float32Array(product(layer.output));
      compute[layer.kind](layer, input, output, weights[i]);
      outputs.push(output);
      input = output;
      if (i < plan.layers.length - 1) yield i;
    }
    return { outputs, products };
  }

  return { steps, weights };
}

// What a worker runs.
export const workerSource = () => `"use strict";
const makeEngine = ${makeEngine};
let engine;
onmessage = ({ data }) => {
  if (data.plan) {
    engine = makeEngine(data.plan, data.bytes);
    return postMessage({ ready: true });
  }
  const start = performance.now();
  const steps = engine.steps(data.pixels);
  let step = steps.next();
  while (!step.done) step = steps.next();
  const { outputs, products } = step.value;
  postMessage({ outputs, products, ms: performance.now() - start },
    outputs.map((output) => output.buffer));
};`;
