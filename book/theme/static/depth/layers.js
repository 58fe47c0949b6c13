// Thirty layers of random weights, in float64: what becomes of a signal, and of a gradient.
export const LAYERS = 30;
export const WIDTH = 100; // units of each layer, each of which reads all of the layer before
const PICTURES = 50;
const SEED = 2012;

export const UNITS = {
  ReLU: { f: (z) => Math.max(0, z), slope: (z) => (z > 0 ? 1 : 0) },
  tanh: { f: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
};

// Random numbers, normally distributed: Marsaglia's xorshift, and the method of Box and Muller.
export function* normals(seed) {
  let x = seed;
  const uniform = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return ((x >>> 0) + 0.5) / 2 ** 32;
  };
  for (;;) {
    const [length, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
    yield length * Math.cos(angle);
    yield length * Math.sin(angle);
  }
}

let drawn;

// Weights of standard deviation 1 for each layer, the pictures, and the gradient at the far end.
function draw() {
  if (drawn) return drawn;
  const source = normals(SEED);
  const take = (size) => Float64Array.from({ length: size }, () => source.next().value);
  const weights = Array.from({ length: LAYERS }, () => take(WIDTH * WIDTH));
  drawn = { weights, pictures: take(PICTURES * WIDTH), end: take(PICTURES * WIDTH) };
  return drawn;
}

function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

// The standard deviation of all numbers of each layer, from the pictures (0) to the last layer.
export function measure(unit, sigma) {
  const { f, slope } = UNITS[unit];
  const { weights, pictures, end } = draw();
  let values = pictures;
  const sums = [];
  const signal = [deviation(values)];
  for (const weight of weights) {
    const z = new Float64Array(values.length);
    for (let at = 0; at < values.length; at++) {
      if (!values[at]) continue;
      const first = at - (at % WIDTH);
      const from = (at % WIDTH) * WIDTH;
      const value = sigma * values[at];
      for (let unit = 0; unit < WIDTH; unit++) z[first + unit] += value * weight[from + unit];
    }
    sums.push(z);
    values = z.map(f);
    signal.push(deviation(values));
  }
  let back = end;
  const gradient = [deviation(back)];
  for (let layer = LAYERS - 1; layer >= 0; layer--) {
    const through = back.map((value, i) => value * slope(sums[layer][i]));
    back = new Float64Array(through.length);
    for (let at = 0; at < through.length; at++) {
      const first = at - (at % WIDTH);
      const from = (at % WIDTH) * WIDTH;
      let sum = 0;
      for (let unit = 0; unit < WIDTH; unit++) sum += through[first + unit] * weights[layer][from + unit];
      back[at] = sigma * sum;
    }
    gradient.unshift(deviation(back));
  }
  return { signal, gradient };
}
