// One layer with dropout in front of three classes: thin networks, and the pass that stands in.
export const OUTPUTS = [1.2, 0.4, 2.0, 0.9, 0.1, 1.6, 0.7, 1.1];
export const WEIGHTS = [
  [0.9, -0.4, -0.3], [-0.6, 0.8, 0.2], [0.8, -0.7, 0.1], [-0.5, 0.3, 0.6],
  [0.4, 0.2, -0.9], [0.3, 0.6, -0.5], [-0.8, 0.1, 0.9], [0.5, -0.2, 0.3],
];
const UNITS = OUTPUTS.length;

// The classes' probabilities, with each unit's output times its factor.
export function answer(factors) {
  const sums = [0, 1, 2].map((c) =>
    factors.reduce((sum, factor, u) => sum + factor * OUTPUTS[u] * WEIGHTS[u][c], 0));
  const most = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - most));
  const total = powers.reduce((sum, one) => sum + one, 0);
  return powers.map((one) => one / total);
}

// Masks, one after the other, by a rate: Lehmer's generator, whose numbers are the same anywhere.
export function draw(rate, count) {
  let seed = 1961;
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 10; i++) next();
  return Array.from({ length: count }, () => OUTPUTS.map(() => (next() < rate ? 0 : 1)));
}

export const scaled = (rate) => answer(OUTPUTS.map(() => 1 - rate));

// Over all masks, each as often as it is drawn: the mean, and the geometric mean.
export function everyMask(rate) {
  const mean = [0, 0, 0];
  const logs = [0, 0, 0];
  for (let number = 0; number < 2 ** UNITS; number++) {
    const mask = OUTPUTS.map((_, u) => (number >> u) & 1);
    const on = mask.reduce((sum, bit) => sum + bit, 0);
    const weight = (1 - rate) ** on * rate ** (UNITS - on);
    answer(mask).forEach((p, c) => {
      mean[c] += weight * p;
      logs[c] += weight * Math.log(p);
    });
  }
  const powers = logs.map(Math.exp);
  const total = powers.reduce((sum, one) => sum + one, 0);
  return { mean, geometric: powers.map((one) => one / total) };
}
