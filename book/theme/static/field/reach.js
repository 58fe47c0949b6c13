// Which pixels a number of AlexNet's maps depends on, along one axis. The network is the
// paper's; its conv1 rounds up, so that the last window reaches past the edge.
export const PIXELS = 224;

const WINDOWS = [
  ["conv1", 11, 4, 0, 55], ["pool1", 3, 2, 0, 27], ["conv2", 5, 1, 2, 27], ["pool2", 3, 2, 0, 13],
  ["conv3", 3, 1, 1, 13], ["conv4", 3, 1, 1, 13], ["conv5", 3, 1, 1, 13], ["pool5", 3, 2, 0, 6],
];

let step = 1;
export const LAYERS = WINDOWS.map(([name, size, strides, padding, side], i) => {
  step *= strides;
  return { name, size, strides, padding, side, step, reads: i ? WINDOWS[i - 1][4] : PIXELS };
});

// From the picture (first) to the layer itself (last): the field as if maps had no edge, and what
// is left of it when it stops at the edge of every map on the way.
export function fields(name, place) {
  const found = [{ field: [place, place], seen: [place, place] }];
  for (let i = LAYERS.findIndex((layer) => layer.name === name); i >= 0; i--) {
    const { size, strides, padding, reads } = LAYERS[i];
    const down = ([from, to]) => [from * strides - padding, to * strides - padding + size - 1];
    const { field, seen } = found[0];
    const [from, to] = down(seen);
    found.unshift({ field: down(field), seen: [Math.max(0, from), Math.min(reads - 1, to)] });
  }
  return found;
}
