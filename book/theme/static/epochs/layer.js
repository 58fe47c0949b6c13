// What was recorded of a first layer, and what it computes.
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// One map of a convolution without padding, with ReLU: `pixels` are the bytes of a square picture,
// red, green, blue; the kernel lies in rows, columns, channels. The network reads byte / 255 − 0.5.
export function convolve(pixels, kernel, bias, size, strides) {
  const side = Math.sqrt(pixels.length / 3);
  const outputs = Math.floor((side - size) / strides) + 1;
  return Float64Array.from({ length: outputs ** 2 }, (_, place) => {
    const [row, column] = [Math.floor(place / outputs) * strides, (place % outputs) * strides];
    let sum = bias;
    for (let y = 0; y < size; y++) {
      const from = ((row + y) * side + column) * 3;
      for (let i = 0; i < size * 3; i++) {
        sum += kernel[y * size * 3 + i] * (pixels[from + i] / 255 - 0.5);
      }
    }
    return Math.max(0, sum);
  });
}

// How far a filter has turned: the cosine between two states of it.
export function cosine(a, b) {
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
