// The element <alexnet-epochs>: a recorded training under a slider. Loss, filters, the map of one
// filter and the network's answers move together.
import { svg } from "../live/base.js";
import { drawing, frame, paint, Panel, path, text } from "../live/panel.js";
import { bytesOf, convolve, cosine } from "./layer.js";
import { RECORD } from "./record.js";

const { side, size, strides, epochs, scale, loss, validationLoss, validationAccuracy } = RECORD;
const STEP = 600; // milliseconds of an epoch that is played
const TITLE = 20;
const FILTERS = scale.length;
const WEIGHTS = size * size * 3;
const CLASSES = RECORD.pictures.length;
const bytes = new Int8Array(bytesOf(RECORD.filters).buffer);
const biases = new Float32Array(bytesOf(RECORD.bias).buffer);
const answers = bytesOf(RECORD.answers);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const range = (count) => Array.from({ length: count }, (_, i) => i);
const hundredths = (number) => number.toFixed(2);

// A filter after an epoch, in bytes; the same scale in all epochs.
const filterOf = (epoch, filter) => {
  const from = (epoch * FILTERS + filter) * WEIGHTS;
  return bytes.subarray(from, from + WEIGHTS);
};
const mapOf = (pixels, epoch, filter) =>
  convolve(pixels, Float64Array.from(filterOf(epoch, filter), (byte) => byte * scale[filter]),
    biases[epoch * FILTERS + filter], size, strides);
const answersOf = (epoch, picture) => {
  const from = (epoch * CLASSES + picture) * CLASSES;
  return [...answers.subarray(from, from + CLASSES)];
};

// A picture for a drawing, from bytes: `color(i)` gives red, green, blue of a pixel.
function image(columns, color, attributes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = columns;
  const context = canvas.getContext("2d");
  const data = context.createImageData(columns, columns);
  for (let i = 0; i < columns ** 2; i++) data.data.set([...color(i), 255], 4 * i);
  context.putImageData(data, 0, 0);
  return svg("image", { href: canvas.toDataURL(), style: "image-rendering: pixelated", ...attributes });
}

async function pixelsOf(picture) {
  const read = new Image();
  read.src = `data:image/webp;base64,${picture}`;
  await read.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.drawImage(read, 0, 0);
  return context.getImageData(0, 0, side, side).data.filter((_, i) => i % 4 < 3);
}

class Epochs extends Panel {
  static title = "A recorded run, epoch by epoch";

  static hint = "Move the epoch, and click a filter to see its map.";

  static board = "The filters. The arrow keys choose one.";

  static controls = [
    { name: "epoch", label: "Epoch", values: range(epochs + 1), start: 0, slider: true },
    { name: "filter", label: "Filter", values: range(FILTERS), start: 0, slider: true },
    { name: "hand", label: "The hand shows", values: range(CLASSES), start: 3 },
  ];

  buttons() {
    const go = (epoch) => () => {
      this.stop();
      this.set({ epoch });
    };
    return [["Next epoch", () => go(Math.min(epochs, this.state.epoch + 1))()],
      ["Before training", go(0)], ["After training", go(epochs)], ["Play", () => this.play()]];
  }

  ready() {
    // Nothing is drawn before the pictures are read.
    this.arrived = Promise.all(RECORD.pictures.map(pixelsOf)).then((pixels) => {
      this.pixels = pixels;
      this.show();
    });
  }

  play() {
    if (this.playing) return this.stop();
    const next = () => {
      if (!this.isConnected || this.state.epoch >= epochs) return this.stop();
      this.set({ epoch: this.state.epoch + 1 });
    };
    if (this.state.epoch === epochs) this.set({ epoch: 0 });
    else next();
    if (!calm.matches) this.playing = setInterval(next, STEP);
    this.say();
  }

  // What the button does next.
  say() {
    this.querySelector(".lp-buttons").lastChild.textContent = this.playing ? "Stop" : "Play";
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.say();
  }

  pressed(key) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[key];
    const to = this.state.filter + by;
    if (to >= 0 && to < FILTERS) this.set({ filter: to });
    return by !== undefined;
  }

  pointed(_, x, y) {
    const [row, column] = [y - TITLE, x].map((place) => Math.floor(place / this.cell));
    const filter = row * this.columns + column;
    const inside = column >= 0 && column < this.columns && filter >= 0 && filter < FILTERS;
    if (inside && filter !== this.state.filter) this.set({ filter });
  }

  draw(width) {
    if (!this.pixels) return [];
    const { epoch, filter, hand } = this.state;
    this.map = mapOf(this.pixels[hand], epoch, filter);
    return [this.drawLoss(width), this.drawFilters(width), this.drawMap(), this.drawAnswers(width)];
  }

  drawLoss(width) {
    const { epoch } = this.state;
    const most = Math.ceil(Math.max(...loss.slice(1), ...validationLoss));
    const plot = frame({
      top: 26, width, height: 200, x: [0, epochs], y: [0, most], across: "epoch", up: "loss",
    });
    const lines = [[loss, paint.blue, "none", "training"], [validationLoss, paint.orange, "6 3", "validation"]]
      .flatMap(([values, stroke, dash, name], i) => {
        const style = { stroke, "stroke-dasharray": dash };
        const points = values.flatMap((value, at) => (value === null ? [] : [plot.at([at, value])]));
        const done = points.slice(0, epoch + 1 - values.length + points.length);
        const start = plot.left + (i * (plot.right - plot.left)) / 2;
        const [cx, cy] = done.at(-1) ?? [];
        return [
          path(points, { ...style, "stroke-opacity": 0.35 }), path(done, style),
          ...(done.length ? [svg("circle", { cx, cy, r: 4, fill: stroke })] : []),
          path([[start, 12], [start + 22, 12]], style), text(start + 27, 16, name),
        ];
      });
    const [place] = plot.at([epoch, 0]);
    return drawing(width, 200, `The loss by epoch, of training and of validation. ${this.numbers()}`,
      ...plot.parts, svg("path", { d: `M${place} ${plot.top}V${plot.bottom}`, stroke: paint.gray }), ...lines);
  }

  drawFilters(width) {
    const { epoch, filter } = this.state;
    this.columns = 8;
    const cell = (this.cell = Math.min(42, Math.floor((width - 2) / this.columns)));
    const place = (i) => ({ x: (i % this.columns) * cell + 2, y: TITLE + Math.floor(i / this.columns) * cell + 2 });
    const all = range(FILTERS).map((i) => {
      const weights = filterOf(epoch, i);
      return image(size, (at) => [0, 1, 2].map((c) => 127.5 + weights[3 * at + c]),
        { ...place(i), width: cell - 4, height: cell - 4 });
    });
    const { x, y } = place(filter);
    const drawn = drawing(this.columns * cell + 2, TITLE + (FILTERS / this.columns) * cell + 2,
      `${FILTERS} filters of conv1, as colors. Filter ${filter} is chosen; ${this.turned()}.`,
      text(0, 13, `${FILTERS} filters of conv1; gray is 0`), ...all,
      svg("rect", { x: x - 1, y: y - 1, width: cell - 2, height: cell - 2, fill: "none", stroke: paint.blue, "stroke-width": 3 }));
    drawn.classList.add("lp-drag");
    return drawn;
  }

  // As bright in all epochs: the brightest is the map's largest number in any of them.
  drawMap() {
    const { filter, hand } = this.state;
    const pixels = this.pixels[hand];
    const most = Math.max(1e-9, ...range(epochs + 1).map((epoch) => Math.max(...mapOf(pixels, epoch, filter))));
    const wide = 2 * side;
    const seen = { y: TITLE, width: wide, height: wide };
    return drawing(2 * wide + 16, wide + TITLE, `A drawn hand that shows ${hand}, and the map that filter ` +
      `${filter} makes of it. The largest number of the map is ${hundredths(Math.max(...this.map))}; the ` +
      `largest in any epoch is ${hundredths(most)}.`,
    text(0, 13, "a drawn hand"), text(wide + 16, 13, `map of filter ${filter}`),
    image(side, (i) => pixels.slice(3 * i, 3 * i + 3), { x: 0, ...seen }),
    image(Math.sqrt(this.map.length), (i) => Array(3).fill((255 * this.map[i]) / most), { x: wide + 16, ...seen }));
  }

  drawAnswers(width) {
    const shares = answersOf(this.state.epoch, this.state.hand);
    const wide = Math.min(250, width);
    const most = wide - 90;
    return drawing(wide, TITLE + CLASSES * 19, `The network's answers: ${shares.map((share, i) => `${i} with ${share} %`).join(", ")}.`,
      text(0, 13, "fingers, as the network answers"),
      ...shares.flatMap((share, i) => [
        text(8, TITLE + 19 * i + 13, String(i), { "font-weight": i === this.state.hand ? 700 : 400 }),
        svg("rect", { x: 28, y: TITLE + 19 * i + 3, width: Math.max(1, (most * share) / 100), height: 12,
          fill: i === this.state.hand ? paint.blue : paint.gray }),
        text(wide - 2, TITLE + 19 * i + 13, `${share} %`, { "text-anchor": "end" }),
      ]));
  }

  numbers() {
    const { epoch } = this.state;
    const trained = loss[epoch] === null ? "" : `${hundredths(loss[epoch])} on training pictures and `;
    return `${epoch ? `After epoch ${epoch} of ${epochs}` : "Before training"} the loss is ${trained}` +
      `${hundredths(validationLoss[epoch])} on validation pictures, of which ` +
      `${Math.round(100 * validationAccuracy[epoch])} % are classified correctly.`;
  }

  turned() {
    const { epoch, filter } = this.state;
    if (!epoch) return "these are its first, random weights";
    return `the cosine with its first weights is ${hundredths(cosine([...filterOf(0, filter)], [...filterOf(epoch, filter)]))}`;
  }

  tell() {
    if (!this.pixels) return "";
    const { epoch, filter, hand } = this.state;
    const shares = answersOf(epoch, hand);
    const said = shares.indexOf(Math.max(...shares));
    const dark = this.map.filter((value) => value === 0).length / this.map.length;
    return [
      this.numbers(),
      `Filter ${filter}: ${this.turned()}. Of its map, ${Math.round(100 * dark)} % is 0.`,
      `This hand shows ${hand}. The network answers ${said}, with ${shares[said]} %` +
        `${said === hand ? "." : `; to ${hand} it gives ${shares[hand]} %.`}`,
    ];
  }
}

customElements.define("alexnet-epochs", Epochs);
