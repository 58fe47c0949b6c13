// The element <alexnet-convolution>: one convolution that is driven by hand. The window is dragged
// or moved by keys, the kernel is edited, and the map fills with numbers. Rows and columns count
// from 0, as NumPy's.
import { h, svg } from "../live/base.js";
import { drawing, paint, Panel, text } from "../live/panel.js";
import { axisFormula, outputSize, padAmounts, unreadPixels } from "../workbench/window.js";

const SIZE = 8;
const K = 3;
const MOST = 9; // of a pixel and of a weight
const TITLE = 20; // pixels above a grid
const grid = (value) =>
  Array.from({ length: SIZE }, (_, row) => Array.from({ length: SIZE }, (_, c) => value(row, c)));
const PICTURES = {
  "a block": grid((row, c) => (row > 1 && row < 6 && c > 2 && c < 7 ? 9 : 0)),
  "a slope": grid((row, c) => c + 1),
  "a diagonal": grid((row, c) => (row === c ? 9 : 0)),
  stripes: grid((row) => (row % 2 ? 9 : 0)),
};
const KERNELS = {
  "vertical edges": "1.0.-1.1.0.-1.1.0.-1",
  "horizontal edges": "1.1.1.0.0.0.-1.-1.-1",
  "the sum": "1.1.1.1.1.1.1.1.1",
  "the middle": "0.0.0.0.1.0.0.0.0",
  "the middle against the rest": "-1.-1.-1.-1.8.-1.-1.-1.-1",
};
const OWN = "your own";
const FIRST = Object.keys(KERNELS)[0];
const signed = (number) => String(number).replace("-", "−");
const factor = (number) => (number < 0 ? `(${signed(number)})` : String(number));
const written = ({ kernel, weights }) => KERNELS[kernel] ?? weights;

class Convolution extends Panel {
  static title = "A convolution, by hand";

  static hint = "Drag the window over the picture, click a place of the map, or change the kernel.";

  static board = "The picture and its map. The arrow keys move the window.";

  static controls = [
    { name: "picture", label: "Picture", values: Object.keys(PICTURES), start: "a block" },
    { name: "kernel", label: "Kernel", values: [...Object.keys(KERNELS), OWN], start: FIRST },
    { name: "strides", label: "Strides", values: [1, 2, 3, 4], start: 1 },
    { name: "padding", label: "Padding", values: [0, 1, 2], start: 0 },
    {
      name: "rounding", label: "Rounding", values: ["floor", "ceil"], start: "floor",
      said: (way) => ({ floor: "down", ceil: "up" })[way],
    },
    { name: "weights", free: /^-?\d(\.-?\d){8}$/, start: KERNELS[FIRST] },
    { name: "at", free: /^\d\.\d$/, start: "0.0" },
    { name: "filled", free: /^\d\d?(\.\d\d?)*$/, start: "0" },
  ];

  buttons() {
    return [
      ["Next place", () => {
        const place = (this.place(this.at) + 1) % this.outputs ** 2;
        this.go([Math.floor(place / this.outputs), place % this.outputs]);
      }],
      ["Fill the map", () => this.set({ filled: [...Array(this.outputs ** 2).keys()].join(".") })],
      ["Empty it", () => this.set({ filled: String(this.place(this.at)) })],
    ];
  }

  ready() {
    this.numbers = Array.from({ length: K * K }, (_, i) => h("input", {
      type: "number", min: -MOST, max: MOST, step: 1, autocomplete: "off",
      "aria-label": `Weight in row ${Math.floor(i / K)}, column ${i % K}`,
      input: (event) => this.typed(i, event.target),
    }));
    this.inputs.weights = () => this.kernel().forEach((weight, i) => {
      const input = this.numbers[i];
      const wrong = input.ariaInvalid === "true"; // as it was typed
      if (!wrong && (input.value === "" || Number(input.value) !== weight)) input.value = weight;
    });
    this.notice = h("p", { class: "wb-notice", role: "status", hidden: true });
    this.stage.before(this.notice);
    this.boxes = [
      h("div"),
      h("div", {}, h("p", {}, "kernel"), h("div", { class: "lp-numbers" }, this.numbers)),
      h("div"),
    ];
  }

  kernel() {
    return written(this.state).split(".").map(Number);
  }

  typed(index, input) {
    const value = Number(input.value);
    const weights = this.kernel();
    if (input.value === "" || !Number.isInteger(value) || Math.abs(value) > MOST) {
      input.setAttribute("aria-invalid", "true");
      this.notice.textContent =
        `A weight here is a whole number from −${MOST} to ${MOST}; until then it stays ` +
        `${signed(weights[index])}.`;
      this.notice.hidden = false;
      return;
    }
    weights[index] = value;
    const all = weights.join(".");
    const known = Object.keys(KERNELS).find((name) => KERNELS[name] === all);
    this.set({ kernel: known ?? OWN, weights: all });
  }

  // What was filled before does not hold any more where another picture, kernel or size is chosen.
  set(changes) {
    if (changes.kernel) {
      this.notice.hidden = true;
      this.numbers.forEach((input) => input.removeAttribute("aria-invalid"));
      changes.weights ??= written(this.state);
      if (changes.kernel !== OWN) changes.weights = KERNELS[FIRST];
    }
    const anew = !changes.at && !changes.filled;
    this.measure({ ...this.state, ...changes });
    const place = String(this.place(this.at));
    const filled = anew ? [] : (changes.filled ?? this.state.filled).split(".");
    changes.at = this.at.join(".");
    changes.filled = [...new Set([...filled, place])].join(".");
    super.set(changes);
  }

  go(at) {
    const to = this.within(at).join(".");
    if (to !== this.state.at) this.set({ at: to });
  }

  within(at) {
    return at.map((place) => Math.max(0, Math.min(place, this.outputs - 1)));
  }

  place([row, column]) {
    return row * this.outputs + column;
  }

  measure({ strides, padding, rounding, at }) {
    this.axis = { size: SIZE, kernel_size: K, strides, padding, rounding };
    this.outputs = outputSize(this.axis);
    [this.before, this.after] = padAmounts(this.axis);
    this.at = this.within(at.split(".").map(Number));
  }

  pressed(key) {
    const [row, column] = this.at;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1], Home: [row, 0], End: [row, this.outputs - 1],
    }[key];
    if (to) this.go(to);
    return Boolean(to);
  }

  // On the picture, the window whose middle is nearest; on the map, its place.
  pointed(drawing, x, y) {
    const { strides } = this.state;
    this.go([y - TITLE, x].map((at) => (drawing
      ? Math.floor(at / this.mapCell) : Math.round((at / this.cell - K / 2) / strides))));
  }

  pixel(row, column) {
    return PICTURES[this.state.picture][row]?.[column] ?? 0;
  }

  // The pixels under the window at a place, row by row.
  under(at) {
    const [top, left] = at.map((place) => place * this.state.strides - this.before);
    return Array.from({ length: K * K }, (_, i) => this.pixel(top + Math.floor(i / K), left + (i % K)));
  }

  result(at) {
    const kernel = this.kernel();
    return this.under(at).reduce((sum, pixel, i) => sum + pixel * kernel[i], 0);
  }

  draw(width) {
    this.measure(this.state);
    this.seen = new Set(this.state.filled.split(".").map(Number)
      .filter((place) => place < this.outputs ** 2)).add(this.place(this.at));
    this.boxes[0].replaceChildren(this.drawPicture(width));
    this.boxes[2].replaceChildren(this.drawMap(width));
    return this.boxes;
  }

  grid(side, cell, title, label, ...parts) {
    const size = side * cell + 2;
    const drawn = drawing(size, size + TITLE, label, text(1, 13, title), ...parts.flat(3));
    drawn.classList.add("lp-drag");
    return drawn;
  }

  drawPicture(width) {
    const whole = this.before + SIZE + this.after;
    const cell = (this.cell = Math.min(26, Math.floor((width - 2) / whole)));
    const unread = SIZE - unreadPixels(this.axis);
    const cells = [...Array(whole ** 2).keys()].map((i) => {
      const [y, x] = [Math.floor(i / whole), i % whole];
      const at = [y - this.before, x - this.before];
      const inside = at.every((place) => place >= 0 && place < SIZE);
      const never = inside && Math.max(...at) >= unread;
      const value = this.pixel(...at);
      const [left, top] = [1 + x * cell, TITLE + y * cell];
      return [
        svg("rect", {
          x: left, y: top, width: cell, height: cell, stroke: inside ? paint.line : paint.gray,
          "stroke-dasharray": inside ? "none" : "2 2", class: inside ? "cv-pixel" : "cv-zero",
          fill: inside ? paint.orange : paint.gray, "fill-opacity": inside ? (0.3 * value) / MOST : 0.14,
        }),
        ...(never ? [svg("path", {
          d: `M${left + 3} ${top + cell - 3}l${cell - 6} ${6 - cell}`, stroke: paint.red, class: "cv-unread",
        })] : []),
        text(left + cell / 2, top + cell / 2 + 4, String(value), { "text-anchor": "middle" }),
      ];
    });
    const [row, column] = this.at.map((place) => place * this.state.strides * cell);
    return this.grid(whole, cell, "picture", `${SIZE} × ${SIZE} pixels, ${this.before} zeros ` +
      `before and ${this.after} after them. The window lies on ${this.covers()}.`, cells,
    svg("rect", {
      x: 2 + column, y: TITLE + 1 + row, width: K * cell - 2, height: K * cell - 2, rx: 3,
      fill: paint.blue, "fill-opacity": 0.14, stroke: paint.blue, "stroke-width": 3, class: "cv-window",
    }));
  }

  drawMap(width) {
    const { outputs } = this;
    const cell = (this.mapCell = Math.min(32, Math.floor((width - 2) / outputs)));
    const rows = Array.from({ length: outputs }, (_, row) =>
      Array.from({ length: outputs }, (_, column) => this.result([row, column])));
    const most = Math.max(1, ...rows.flat().map(Math.abs));
    const seen = (...at) => this.seen.has(this.place(at));
    const now = this.place(this.at);
    const cells = rows.map((values, y) => values.map((value, x) => [
      svg("rect", {
        x: 1 + x * cell, y: TITLE + y * cell, width: cell, height: cell, stroke: paint.line,
        fill: value < 0 ? paint.orange : paint.blue,
        "fill-opacity": seen(y, x) ? (0.35 * Math.abs(value)) / most : 0,
      }),
      text(1 + (x + 0.5) * cell, TITLE + (y + 0.5) * cell + 4, seen(y, x) ? signed(value) : "", {
        "text-anchor": "middle", "font-weight": this.place([y, x]) === now ? 700 : 400,
      }),
    ]));
    const [row, column] = this.at;
    return this.grid(outputs, cell, "map", `The map, ${outputs} × ${outputs}. ` +
      rows.map((values, y) => `Row ${y}: ${values.map((value, x) =>
        (seen(y, x) ? signed(value) : "empty")).join(", ")}.`).join(" "), cells,
    svg("rect", {
      x: 2 + column * cell, y: TITLE + 1 + row * cell, width: cell - 2, height: cell - 2,
      fill: "none", stroke: paint.blue, "stroke-width": 3,
    }));
  }

  covers() {
    const [rows, columns] = this.at.map((at) => {
      const first = at * this.state.strides - this.before;
      return `${signed(first)} to ${first + K - 1}`;
    });
    return `rows ${rows}, columns ${columns}`;
  }

  spoken() {
    return `The window lies on ${this.covers()}. Row ${this.at[0]}, column ${this.at[1]} of the ` +
      `map is ${signed(this.result(this.at))}. Filled: ${this.seen.size} of ${this.outputs ** 2}.`;
  }

  tell() {
    const kernel = this.kernel();
    const terms = this.under(this.at).map((pixel, i) => `${pixel} · ${factor(kernel[i])}`);
    const lines = [0, 1, 2].map((row) => terms.slice(row * K, row * K + K).join(" + "));
    const unread = unreadPixels(this.axis);
    const extra = this.after - this.state.padding;
    const parts = [`${axisFormula(this.axis, this.outputs)} places along each side.`];
    if (unread) parts.push(`The last ${unread > 1 ? `${unread} rows and columns are` : "row and column are"} never read.`);
    if (extra > 0) parts.push(`Rounding up lets the last window reach ${extra} past the edge.`);
    if (this.seen.size < this.outputs ** 2) {
      parts.push(`Filled: ${this.seen.size} of ${this.outputs ** 2}.`);
    }
    return [
      h("p", { class: "lp-sum" }, `Row ${this.at[0]}, column ${this.at[1]} of the map: `,
        ...lines.flatMap((line, i) => [h("span", {}, `${i ? "+ " : ""}${line}`), " "]),
        h("b", {}, `= ${signed(this.result(this.at))}`)),
      parts.join(" "),
    ];
  }
}

customElements.define("alexnet-convolution", Convolution);
