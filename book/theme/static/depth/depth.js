// The element <alexnet-depth>: a signal on its way through thirty layers and a gradient on its way
// back, for weights as large as the reader says.
import { svg } from "../live/base.js";
import { drawing, frame, paint, Panel, path, say, text } from "../live/panel.js";
import { LAYERS, measure, UNITS, WIDTH } from "./layers.js";

const GLOROT = 0.1; // √(2 / (100 + 100))
const HE = 0.1414; // √(2 / 100)
const SIGMAS = [
  0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.08, 0.09, GLOROT, 0.11, 0.12, 0.13, HE, 0.15, 0.16, 0.18,
  0.2, 0.25, 0.3, 0.5, 1,
];
const HEIGHT = 320;
const known = new Map();

class Depth extends Panel {
  static title = "Thirty layers";

  static controls = [
    { name: "unit", label: "Unit", values: Object.keys(UNITS), start: "ReLU" },
    {
      name: "sigma", label: "Weights' standard deviation", values: SIGMAS, start: 0.01,
      said: (value) => say(value), slider: true,
    },
  ];

  buttons() {
    return [["2012: 0.01", 0.01], ["Glorot: 0.1", GLOROT], ["He: 0.141", HE]]
      .map(([words, sigma]) => [words, () => this.set({ sigma })]);
  }

  draw(width) {
    const { unit, sigma } = this.state;
    const key = `${unit} ${sigma}`;
    if (!known.has(key)) known.set(key, measure(unit, sigma));
    this.found = known.get(key);
    const kinds = { signal: paint.blue, gradient: paint.orange };
    const logs = Object.fromEntries(Object.keys(kinds).map((kind) =>
      [kind, this.found[kind].map((value) => Math.log10(value))]));
    const all = Object.values(logs).flat();
    const plot = frame({
      top: 30, width, height: HEIGHT, x: [0, LAYERS], log: true, across: "layer",
      y: [Math.min(-2, Math.floor(Math.min(...all))), Math.max(2, Math.ceil(Math.max(...all)))],
      up: "standard deviation",
    });
    const lines = Object.entries(kinds).flatMap(([kind, stroke], i) => {
      const points = logs[kind].map((log, layer) => plot.at([layer, log]));
      const start = plot.left + i * 100;
      const dash = i ? "6 3" : "none";
      return [
        path(points, { stroke, "stroke-dasharray": dash }),
        ...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 2.5, fill: stroke })),
        path([[start, 14], [start + 24, 14]], { stroke, "stroke-dasharray": dash }),
        text(start + 30, 18, kind),
      ];
    });
    const say_ = (kind) => [0, 10, 20, 30].map((layer) => say(this.found[kind][layer], 2)).join(", ");
    return drawing(width, HEIGHT, "Standard deviations by layer, on a scale of powers of ten. At " +
      `layers 0, 10, 20 and 30 the signal has ${say_("signal")}, the gradient ${say_("gradient")}.`,
    ...plot.parts, ...lines);
  }

  tell() {
    const { unit, sigma } = this.state;
    const { signal, gradient } = this.found;
    const forth = (signal[LAYERS] / signal[0]) ** (1 / LAYERS);
    const back = (gradient[0] / gradient[LAYERS]) ** (1 / LAYERS);
    const shares = [signal[LAYERS] / signal[0], gradient[0] / gradient[LAYERS]];
    const formula = unit === "ReLU"
      ? `The formula says ${say(sigma)} · √(${WIDTH} / 2) = ${say(sigma * Math.sqrt(WIDTH / 2), 2)}.`
      : `While the sums are small, the formula says ${say(sigma)} · √${WIDTH} = ` +
        `${say(sigma * Math.sqrt(WIDTH), 2)}; large sums lie on the flat ends of tanh.`;
    return [
      "Blue: the signal on its way from the picture (0) to layer 30. Orange, dashed: the gradient " +
        "on its way back from 30 to 0.",
      `On average a layer multiplies the signal by ${say(forth, 2)} and the gradient by ` +
        `${say(back, 2)}. ${formula}`,
      `After thirty layers the signal is ${say(shares[0], 2)} times as large as at first, and the ` +
        `gradient ${say(shares[1], 2)} times.`,
    ];
  }
}

customElements.define("alexnet-depth", Depth);
