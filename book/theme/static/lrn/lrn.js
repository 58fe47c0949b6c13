// The element <alexnet-lrn>: local response normalization at one place, over nine channels.
import { svg } from "../live/base.js";
import { drawing, paint, Panel, say, text } from "../live/panel.js";
import { divisors } from "./normalize.js";

const CHANNELS = 9;
const MOST = 300;
const START = "10-10-10-10-300-10-10-10-10";
const HEIGHT = 90; // pixels of the longest bar

class Normalization extends Panel {
  static title = "Channels that compete";

  static hint = "Click a channel to choose it; the buttons change its number.";

  static board = "Nine channels. Left and right choose one, up and down change it by 10.";

  static controls = [
    { name: "n", label: "Channels in a sum, n", values: [1, 3, 5, 7, 9], start: 5 },
    { name: "k", label: "k", values: [0.5, 1, 2], start: 2 },
    { name: "alpha", label: "α", values: [1e-5, 2e-5, 1e-4, 5e-4, 1e-3], start: 1e-4, said: (v) => say(v, 2) },
    { name: "beta", label: "β", values: [0.5, 0.75, 1], start: 0.75 },
    {
      name: "by", label: "α multiplies", values: ["sum", "mean"], start: "sum",
      said: (by) => ({ sum: "the sum of squares (paper)", mean: "their mean (2012's program, Caffe, PyTorch)" })[by],
    },
    { name: "values", free: /^\d{1,3}(\.\d{1,4})?(-\d{1,3}(\.\d{1,4})?){8}$/, start: START },
    { name: "channel", free: /^[0-8]$/, start: "2" },
  ];

  buttons() {
    const all = (change) => () =>
      this.set({ values: this.values.map((value, c) => change(value, c)).join("-") });
    return [["Raise by 10", () => this.put(this.value + 10)], ["Lower by 10", () => this.put(this.value - 10)],
      ["All divided by 255", all((value) => Math.round((1e4 * value) / 255) / 1e4)],
      ["The example", () => this.set({ values: START })]];
  }

  ready() {
    this.stage.addEventListener("click", (event) => {
      const box = this.stage.firstChild.getBoundingClientRect();
      const channel = Math.floor(((event.clientX - box.left) / box.width) * CHANNELS);
      if (channel >= 0 && channel < CHANNELS) this.set({ channel: String(channel) });
    });
  }

  get values() {
    return this.state.values.split("-").map((value) => Math.min(MOST, Number(value)));
  }

  get value() {
    return this.values[this.state.channel];
  }

  put(value) {
    const held = Math.max(0, Math.min(MOST, value));
    this.set({ values: this.values.with(this.state.channel, held).join("-") });
  }

  pressed(key) {
    const channel = Number(this.state.channel);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const change = { ArrowUp: 10, ArrowDown: -10 }[key];
    if (step && channel + step >= 0 && channel + step < CHANNELS) {
      this.set({ channel: String(channel + step) });
    }
    if (change) this.put(this.value + change);
    return Boolean(step || change);
  }

  draw(width) {
    const { n, k, alpha, beta, by } = this.state;
    const { values } = this;
    const channel = Number(this.state.channel);
    this.divided = divisors(values, { n, k, alpha, beta, mean: by === "mean" });
    const column = Math.min(width, 560) / CHANNELS;
    const small = Math.max(...values) <= MOST / 255; // pictures of 0 to 1
    const rows = [
      { title: "before", numbers: values, color: paint.gray, most: small ? MOST / 255 : MOST },
      { title: "divided by", numbers: this.divided, color: paint.orange, most: Math.max(2, ...this.divided) },
      { title: "after", numbers: values.map((value, c) => value / this.divided[c]), color: paint.blue },
    ];
    rows[2].most = Math.max(1, ...rows[2].numbers);
    this.after = rows[2].numbers;
    const spoken = values.map((value, c) =>
      `channel ${c}: ${say(value)} / ${say(this.divided[c])} = ${say(this.after[c])}`).join("; ");
    const high = HEIGHT + 46;
    const reach = (n - 1) / 2;
    const [first, last] = [Math.max(0, channel - reach), Math.min(CHANNELS - 1, channel + reach)];
    const parts = rows.flatMap(({ title, numbers, color, most }, i) => [
      text(2, i * high + 14, title, { "font-weight": 600 }),
      ...numbers.flatMap((number, c) => {
        const bar = (HEIGHT * number) / most;
        const near = c >= first && c <= last;
        return [
          svg("rect", {
            x: c * column + 5, y: i * high + 22 + HEIGHT - bar, width: column - 10, height: bar,
            fill: color, "fill-opacity": c === channel ? 0.9 : near ? 0.55 : 0.25,
          }),
          text((c + 0.5) * column, i * high + HEIGHT + 36, say(number), {
            "font-size": 11, "text-anchor": "middle", "font-weight": c === channel ? 700 : 400,
          }),
        ];
      }),
      svg("path", { d: `M2 ${i * high + 22 + HEIGHT}h${9 * column - 4}`, stroke: paint.line }),
    ]);
    const bottom = 3 * high + 2;
    return drawing(9 * column, bottom + 28, `Nine channels at one place. ${spoken}.`,
      svg("rect", {
        x: first * column + 1, y: 18, width: (last - first + 1) * column - 2, height: HEIGHT + 24,
        fill: paint.blue, "fill-opacity": 0.1, stroke: paint.blue, "stroke-dasharray": "4 3",
      }), ...parts,
      ...values.map((_, c) => text((c + 0.5) * column, bottom + 10, String(c), {
        "text-anchor": "middle", "font-weight": c === channel ? 700 : 400,
      })),
      text(4.5 * column, bottom + 25, "channel", { "text-anchor": "middle" }));
  }

  tell() {
    const { n, k, alpha, beta, by } = this.state;
    const channel = Number(this.state.channel);
    const near = this.values.slice(Math.max(0, channel - (n - 1) / 2), channel + (n - 1) / 2 + 1);
    const sum = near.reduce((total, value) => total + value * value, 0);
    const rate = by === "mean" ? `${say(alpha, 2)} / ${n}` : say(alpha, 2);
    return [
      `Channel ${channel} reads ${near.map(say_).join(", ")} (in the dashed frame). Their squares ` +
        `add up to ${say(sum, 6)}, so it is divided by (${k} + ${rate} · ${say(sum, 6)}) ` +
        `to the power of ${beta} = ${say(this.divided[channel])}: ${say(this.value)} becomes ${say(this.after[channel])}.`,
    ];
  }
}

const say_ = (value) => say(value);

customElements.define("alexnet-lrn", Normalization);
