// Gradient descent with momentum on the loss ½ (a w₁² + b w₂²), step by step.
export const LANDSCAPES = { "a round bowl": [1, 1], "a narrow valley": [1, 20] };
const BEYOND = 1e30; // of the loss: where counting on makes no sense

export const loss = ([a, b], [w1, w2]) => (a * w1 * w1 + b * w2 * w2) / 2;

// One entry a step, the start first: where, the loss there, the gradient before, the velocity.
export function walk(curvatures, start, rate, momentum, steps) {
  const found = [{ w: start, loss: loss(curvatures, start), gradient: null, v: [0, 0] }];
  while (found.length <= steps && found.at(-1).loss < BEYOND) {
    const { w, v } = found.at(-1);
    const gradient = w.map((value, i) => curvatures[i] * value);
    const next = v.map((value, i) => momentum * value - rate * gradient[i]);
    const to = w.map((value, i) => value + next[i]);
    found.push({ w: to, loss: loss(curvatures, to), gradient, v: next });
  }
  return found;
}

// A larger rate than this leads away from the minimum (the roots of r² − (1 + m − rate · c) r + m
// have to lie within the unit circle, for the largest curvature c).
export const limit = (curvatures, momentum) => (2 * (1 + momentum)) / Math.max(...curvatures);
