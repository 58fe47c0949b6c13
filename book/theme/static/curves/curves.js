// The element <alexnet-curves study="…">: two recorded runs beside each other, epoch by epoch.
import { svg } from "../live/base.js";
import { drawing, frame, paint, Panel, path, text } from "../live/panel.js";
import { STUDIES } from "./runs.js";

const hundredths = (loss) => loss.toFixed(2);
const percent = (share) => `${Math.round(100 * share)} %`;
const COLORS = { first: paint.blue, second: paint.orange };
const runsOf = (state) => STUDIES[state.study] ?? Object.values(STUDIES)[0];
const names = (state) => Object.keys(runsOf(state));
const longest = (state) =>
  Math.max(...["first", "second"].map((which) => runOf(state, which).loss.length));
const read = (text) => text.split(" ").map((number) => number / 100);

function runOf(state, which) {
  const [loss, accuracy, validation] = runsOf(state)[state[which]] ?? Object.values(runsOf(state))[0];
  return { loss: read(loss), accuracy: read(accuracy), validation };
}


class Curves extends Panel {
  static title = "Two recorded runs";

  static controls = [
    { name: "study", free: /^\w+$/, start: "imagenette" },
    { name: "first", label: "Blue", values: names, start: "full" },
    { name: "second", label: "Orange, dashed", values: names, start: "bare" },
    {
      name: "epoch", label: "Epoch", start: 20, slider: true,
      values: (state) => Array.from({ length: longest(state) }, (_, i) => i + 1),
    },
  ];

  buttons() {
    return [["Next epoch", () => this.set({ epoch: Math.min(longest(this.state), this.state.epoch + 1) })],
      ["Last epoch", () => this.set({ epoch: longest(this.state) })]];
  }

  starts() {
    const state = super.starts();
    const all = names(state);
    if (!all.includes(state.first)) state.first = all[0];
    if (!all.includes(state.second)) state.second = all[1];
    state.epoch = Math.min(state.epoch, longest(state));
    return state;
  }

  draw(width) {
    const high = Math.max(...["first", "second"].flatMap((which) => runOf(this.state, which).loss));
    return [
      this.drawPlot(width, "loss", [0, Math.ceil(high)], "loss on training pictures", hundredths),
      this.drawPlot(width, "accuracy", [0, 1], "share classified correctly", percent),
    ];
  }

  drawPlot(width, kind, y, up, said) {
    const { epoch } = this.state;
    const height = 230;
    const end = longest(this.state);
    const plot = frame({ top: 26, width, height, x: [0, end], y, across: "epoch", up });
    const [place] = plot.at([epoch, 0]);
    const told = [];
    const lines = Object.entries(COLORS).flatMap(([which, stroke], i) => {
      const run = runOf(this.state, which);
      const values = run[kind];
      const at = Math.min(epoch, values.length);
      told.push(`${this.state[which]} ${said(values[at - 1])}`);
      const points = values.map((value, e) => plot.at([e + 1, value]));
      const [cx, cy] = points[at - 1];
      const dash = { stroke, "stroke-dasharray": i ? "6 3" : "none" };
      const start = plot.left + (i * (plot.right - plot.left)) / 2;
      const last = plot.at([run.loss.length, run.validation])[1];
      return [
        path(points, { ...dash, "stroke-opacity": 0.35 }),
        path(points.slice(0, at), dash),
        svg("circle", { cx, cy, r: 4, fill: stroke }),
        path([[start, 12], [start + 22, 12]], dash), text(start + 27, 16, this.state[which]),
        ...(kind === "accuracy" && at === run.loss.length ? [
          svg("path", { d: `M${points.at(-1)[0]} ${last - 6}l6 6l-6 6l-6 -6z`, fill: paint.page, stroke, "stroke-width": 2 }),
        ] : []),
      ];
    });
    return drawing(width, height, `${up}, by epoch. After epoch ${epoch}: ${told.join(", ")}.`,
      ...plot.parts, svg("path", { d: `M${place} ${plot.top}V${plot.bottom}`, stroke: paint.gray }), ...lines);
  }

  tell() {
    const { epoch } = this.state;
    return Object.keys(COLORS).map((which) => {
      const run = runOf(this.state, which);
      const at = Math.min(epoch, run.loss.length);
      const done = at === run.loss.length;
      return `${this.state[which]} (${which === "first" ? "blue" : "orange"}), after epoch ${at}: loss ` +
        `${hundredths(run.loss[at - 1])}, and ${percent(run.accuracy[at - 1])} of the training pictures ` +
        `classified correctly while it learned.${done ? " Its training is over, and of new pictures, " +
        `for validation, it classifies ${percent(run.validation)} correctly (◇).` : ""}`;
    });
  }
}

customElements.define("alexnet-curves", Curves);
