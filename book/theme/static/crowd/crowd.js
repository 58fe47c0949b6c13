// The element <alexnet-crowd>: dropout draws thin networks, and one scaled pass stands in for them.
import { svg } from "../live/base.js";
import { drawing, frame, paint, Panel, path, say, text } from "../live/panel.js";
import { answer, draw, everyMask, OUTPUTS, scaled } from "./masks.js";

const MOST = 200;
const NAMES = ["A", "B", "C"];
const COLORS = [paint.blue, paint.orange, paint.green];
const numbers = (values) => values.map((p, c) => `${NAMES[c]} ${p.toFixed(3)}`).join(", ");

class Crowd extends Panel {
  static title = "A crowd of thin networks";

  static controls = [
    { name: "rate", label: "Dropout's rate", values: [0, 0.25, 0.5, 0.75], start: 0.5 },
    {
      name: "drawn", label: "Networks drawn", values: Array.from({ length: MOST }, (_, i) => i + 1),
      start: 12, slider: true,
    },
  ];

  buttons() {
    const more = (count) => () => this.set({ drawn: Math.min(MOST, this.state.drawn + count) });
    return [["One more", more(1)], ["Ten more", more(10)], ["Start again", () => this.set({ drawn: 1 })]];
  }

  draw(width) {
    const { rate, drawn } = this.state;
    this.masks = draw(rate, drawn);
    this.answers = this.masks.map(answer);
    let sums = [0, 0, 0];
    this.means = this.answers.map((one, i) => {
      sums = sums.map((sum, c) => sum + one[c]);
      return sums.map((sum) => sum / (i + 1));
    });
    return [this.drawNetwork(width), this.drawMeans(width)];
  }

  drawNetwork(width) {
    const mask = this.masks.at(-1);
    const now = this.answers.at(-1);
    const step = Math.min(60, (width - 90) / 7);
    const units = mask.map((on, u) => {
      const [cx, cy] = [75 + u * step, 44];
      return [
        svg("circle", {
          cx, cy, r: Math.min(15, step / 2 - 3), stroke: on ? paint.blue : paint.gray, "stroke-width": 2,
          fill: on ? paint.blue : "none", "fill-opacity": 0.25, "stroke-dasharray": on ? "none" : "3 3",
        }),
        on ? text(cx, cy + 4, OUTPUTS[u].toFixed(1), { "text-anchor": "middle", "font-size": 11 })
          : svg("path", { d: `M${cx - 6} ${cy - 6}l12 12m0 -12l-12 12`, stroke: paint.gray, "stroke-width": 2 }),
        text(cx, 20, String(u), { "text-anchor": "middle", fill: paint.gray }),
      ];
    }).flat();
    const long = width - 130;
    const bars = now.flatMap((p, c) => [
      text(0, 92 + c * 22, `class ${NAMES[c]}`),
      svg("rect", { x: 60, y: 80 + c * 22, width: Math.max(1, long * p), height: 16, fill: COLORS[c], "fill-opacity": 0.7 }),
      text(66 + long * p, 92 + c * 22, p.toFixed(3)),
    ]);
    const off = mask.flatMap((on, u) => (on ? [] : [u]));
    return drawing(width, 148, `Network ${this.masks.length}: ` +
      `${off.length ? `units ${off.join(", ")} are dropped` : "no unit is dropped"}. It answers ${numbers(now)}.`,
    text(0, 20, "unit", { fill: paint.gray }), text(0, 48, "output"), ...units, ...bars);
  }

  drawMeans(width) {
    const { rate, drawn } = this.state;
    const last = Math.max(20, drawn);
    const plot = frame({
      width, height: 240, left: 50, x: [0, 1.02 * last], y: [0, 1], across: "networks drawn",
      up: "probability", top: 24,
    });
    const stand = scaled(rate);
    const parts = NAMES.flatMap((_, c) => {
      const level = plot.at([0, stand[c]])[1];
      return [
        ...this.answers.map((one, i) => {
          const [cx, cy] = plot.at([i + 1, one[c]]);
          return svg("circle", { cx, cy, r: 1.8, fill: COLORS[c], "fill-opacity": 0.4 });
        }),
        path([[plot.left, level], [plot.right, level]], { stroke: COLORS[c], "stroke-dasharray": "6 4", "stroke-width": 1.5 }),
        path([...this.means.map((mean, i) => plot.at([i + 1, mean[c]]))], { stroke: COLORS[c] }),
        svg("circle", {
          cx: plot.at([drawn, 0])[0], cy: plot.at([0, this.means.at(-1)[c]])[1], r: 4, fill: COLORS[c],
        }),
        text(plot.right + 2, level + 4, NAMES[c], { fill: COLORS[c], "font-weight": 700 }),
      ];
    });
    return drawing(width, 240, `The mean of ${drawn} networks: ${numbers(this.means.at(-1))}. ` +
      `The scaled pass, dashed: ${numbers(stand)}.`, ...plot.parts,
    text(2, 14, "dots: networks · line: their mean · dashed: scaled pass", { "font-size": 11 }), ...parts);
  }

  tell() {
    const { rate, drawn } = this.state;
    const all = everyMask(rate);
    const off = this.masks.at(-1).flatMap((on, u) => (on ? [] : [u]));
    return [
      `Network ${drawn} ${off.length ? `drops units ${off.join(", ")}` : "drops no unit"} and answers ` +
        `${numbers(this.answers.at(-1))}.`,
      drawn > 1 && `The mean of the ${drawn} networks: ${numbers(this.means.at(-1))}.`,
      `One pass with all outputs times ${say(1 - rate)}: ${numbers(scaled(rate))}.`,
      `All 256 masks, each as often as it is drawn: their mean is ${numbers(all.mean)}, and their ` +
        `geometric mean is ${numbers(all.geometric)}.`,
    ];
  }
}

customElements.define("alexnet-crowd", Crowd);
