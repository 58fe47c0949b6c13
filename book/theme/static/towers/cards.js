// AlexNet on two cards: what each layer reads, what has to cross, who notices a change.
export const LAYERS = [ // name, weights' window, numbers along a side and maps that come in, maps out
  ["conv1", 11, 224, 3, 96], ["conv2", 5, 27, 96, 256], ["conv3", 3, 13, 256, 384],
  ["conv4", 3, 13, 384, 384], ["conv5", 3, 13, 384, 256], ["fc6", 6, 6, 256, 4096],
  ["fc7", 1, 1, 4096, 4096], ["fc8", 1, 1, 4096, 1000],
].map(([name, size, side, maps, out]) => ({ name, size, side, maps, out }));

// Those that can be cut: conv1 reads the picture, which both cards have; fc8 lies on one card.
export const CUT = ["conv2", "conv3", "conv4", "conv5", "fc6", "fc7"];

// `both` names the layers that read both cards. For each layer: whether it does, the numbers that
// one card gets from the other for a picture (fc8, on one card, is not counted), its parameters,
// and whether a change in the maps of conv1 on card 1 reaches it on card 2.
export function split(both) {
  let reached = false;
  return LAYERS.map(({ name, size, side, maps, out }) => {
    const cut = CUT.includes(name);
    const whole = !cut || both.includes(name);
    const half = (side * side * maps) / 2;
    reached ||= cut && whole;
    return {
      name, whole, reached,
      crosses: cut && whole ? half : 0,
      could: cut ? half : 0,
      parameters: size * size * (whole ? maps : maps / 2) * out + out,
    };
  });
}
