// The element <alexnet-descent>: a loss of two weights, and the walk down it. The start is dragged
// or set by sliders; rate, momentum and the number of steps are the reader's.
import { svg } from "../live/base.js";
import { drawing, frame, paint, Panel, path, say, text } from "../live/panel.js";
import { LANDSCAPES, limit, walk } from "./walk.js";

const WIDE = 6.5; // of w₁, to each side
const HIGH = 3.2; // of w₂
const LEVELS = [0.25, 1, 3, 7, 14, 25, 45, 80];
const RATES = [
  0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.095, 0.1,
  0.105, 0.11, 0.12, 0.15, 0.18, 0.19, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 1.9, 2, 2.1, 2.5,
];
// Words that lie over lines.
const HALO = { stroke: paint.page, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" };
const range = (from, to, tenths) =>
  Array.from({ length: Math.round((to - from) / tenths) + 1 }, (_, i) =>
    Number((from + i * tenths).toFixed(1)));
const pair = (values) => `(${values.map((value) => say(value)).join(", ")})`;

class Descent extends Panel {
  static title = "A walk down a loss";

  static hint = "Drag the start to another place, and change one number at a time.";

  static controls = [
    { name: "landscape", label: "Loss", values: Object.keys(LANDSCAPES), start: "a narrow valley" },
    { name: "rate", label: "Learning rate", values: RATES, start: 0.08, said: (v) => say(v), slider: true },
    { name: "momentum", label: "Momentum", values: [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99], start: 0, slider: true },
    { name: "steps", label: "Steps", values: range(0, 100, 1), start: 20, slider: true },
    { name: "w1", label: "Start, w₁", values: range(-6, 6, 0.2), start: -5, said: (v) => say(v), slider: true },
    { name: "w2", label: "Start, w₂", values: range(-3, 3, 0.1), start: 2, said: (v) => say(v), slider: true },
  ];

  buttons() {
    return [
      ["One step", () => this.set({ steps: Math.min(100, this.state.steps + 1) })],
      ["Back to the start", () => this.set({ steps: 0 })],
    ];
  }

  pointed(_, x, y) {
    const unit = this.width / (2 * WIDE);
    const near = (value, most, step) =>
      Number(Math.max(-most, Math.min(most, Math.round(value / step) * step)).toFixed(1));
    this.set({ w1: near(x / unit - WIDE, 6, 0.2), w2: near(HIGH - y / unit, 3, 0.1) });
  }

  draw(width) {
    const { landscape, rate, momentum, steps, w1, w2 } = this.state;
    this.curvatures = LANDSCAPES[landscape];
    this.walked = walk(this.curvatures, [w1, w2], rate, momentum, steps);
    const map = this.drawMap(width);
    map.classList.add("lp-drag");
    return [map, this.drawLoss(width)];
  }

  drawMap(width) {
    const unit = width / (2 * WIDE);
    const height = 2 * HIGH * unit;
    const at = ([x, y]) => [width / 2 + x * unit, height / 2 - y * unit];
    const [a, b] = this.curvatures;
    const rings = LEVELS.toReversed().map((level) => svg("ellipse", {
      cx: width / 2, cy: height / 2, rx: Math.sqrt((2 * level) / a) * unit,
      ry: Math.sqrt((2 * level) / b) * unit, fill: paint.blue, "fill-opacity": 0.07,
      stroke: paint.blue, "stroke-opacity": 0.6,
    }));
    const levels = LEVELS.flatMap((level) => {
      const place = width / 2 + Math.sqrt((2 * level) / a) * unit;
      const written = text(place + 3, height / 2 + 4, say(level), { "font-size": 11 });
      return place < width - 24 && place > width / 2 + 24 ? [written] : [];
    });
    // Far outside, a browser draws lines wrongly.
    const near = ([x, y]) => [x, y].map((value) => Math.max(-500, Math.min(500, value)));
    const points = this.walked.map(({ w }) => at(near(w)));
    const [from, to] = [points[0], points.at(-1)];
    const inside = points.filter(([x, y]) => x > 0 && x < width && y > 0 && y < height);
    const last = this.walked.at(-1);
    const label = `The loss as a map, ${this.state.landscape}: lowest in the middle, at (0, 0). ` +
      `The walk starts at ${pair(this.walked[0].w)} and is at ${pair(last.w)} after ` +
      `${this.walked.length - 1} steps.`;
    return drawing(width, height, label, ...rings, ...levels,
      svg("path", { d: `M${width / 2} ${height / 2 - 6}v12m-6 -6h12`, stroke: "currentColor", "stroke-width": 2 }),
      path(points, { stroke: paint.orange, "stroke-width": 1.5 }),
      ...inside.map(([cx, cy]) => svg("circle", { cx, cy, r: 2.5, fill: paint.orange })),
      svg("circle", { cx: from[0], cy: from[1], r: 7, fill: paint.page, stroke: paint.orange, "stroke-width": 3 }),
      svg("circle", { cx: to[0], cy: to[1], r: 5, fill: paint.orange }),
      ...(inside.includes(to) ? [] : [text(width / 2, 18, "the walk has left the map", {
        "text-anchor": "middle", "font-weight": 700, fill: paint.orange, ...HALO,
      })]),
      text(8, 18, "w₂ ↑"), text(width - 8, height - 8, "w₁ →", { "text-anchor": "end" }),
      text(Math.min(width - 40, from[0] + 10), Math.max(14, from[1] - 10), "start", HALO));
  }

  drawLoss(width) {
    const logs = this.walked.map(({ loss }) => Math.log10(Math.max(loss, 1e-20)));
    const low = Math.floor(Math.min(...logs, -1));
    const high = Math.max(2, Math.ceil(Math.max(...logs)));
    const plot = frame({
      width, height: 200, x: [0, Math.max(10, this.state.steps)], y: [low, high], log: true,
      across: "step", up: "loss",
    });
    const points = logs.map((log, step) => plot.at([step, log]));
    const [cx, cy] = points.at(-1);
    const label = "The loss after each step, on a scale of powers of ten: " +
      `from ${say(this.walked[0].loss)} to ${say(this.walked.at(-1).loss)}.`;
    return drawing(width, 200, label, ...plot.parts, path(points, { stroke: paint.orange }),
      svg("circle", { cx, cy, r: 4, fill: paint.orange }));
  }

  tell() {
    const { rate, momentum, steps } = this.state;
    const done = this.walked.length - 1;
    const { w, v, gradient, loss } = this.walked.at(-1);
    const most = limit(this.curvatures, momentum);
    const [, b] = this.curvatures;
    const lines = [`The loss is (w₁² + ${b > 1 ? `${b} ` : ""}w₂²) / 2; each ring is a place of equal loss.`];
    if (done) {
      const before = this.walked.at(-2);
      const moving = momentum ? `${say(momentum)} · ${pair(before.v)} − ` : "−";
      lines.push(`Step ${done}: the gradient at ${pair(before.w)} is ${pair(gradient)}. ` +
        `The step is ${moving}${say(rate)} · ${pair(gradient)} = ${pair(v)}, ` +
        `and leads to ${pair(w)}.`);
    }
    lines.push(done
      ? `The loss was ${say(this.walked[0].loss)} at the start and is ${say(loss)} after ` +
        `${done} ${done === 1 ? "step" : "steps"}.`
      : `The loss at the start is ${say(loss)}.`);
    if (rate >= most) {
      const [now, then] = rate > most + 1e-12 ? ["diverges", "would diverge"] : ["never settles", "would never settle"];
      lines.push(`It ${done ? now : then}: the rate is too ` +
        `large. On this loss, with this momentum, it has to stay below ${say(most)}.`);
    }
    if (done < steps) lines.push(`After step ${done} the loss is so large that the page stops.`);
    return lines;
  }
}

customElements.define("alexnet-descent", Descent);
