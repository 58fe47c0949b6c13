// The element <alexnet-convolution>: one convolution that is driven by hand. The window is dragged
// or moved by keys, the kernel is edited, and the map fills with numbers. Rows and columns count
// from 0, as NumPy's. It starts as its attributes say: strides, padding, rounding.
import { h } from "../live/base.js";
import { axisFormula, outputSize, padAmounts, unreadPixels } from "../workbench/window.js";

const SIZE = 8;
const K = 3;
const MOST = 9; // of a pixel and of a weight
const grid = (value) =>
  Array.from({ length: SIZE }, (_, row) => Array.from({ length: SIZE }, (_, c) => value(row, c)));
const PICTURES = {
  "a block": grid((row, c) => (row > 1 && row < 6 && c > 2 && c < 7 ? 9 : 0)),
  "a slope": grid((row, c) => c + 1),
  "a diagonal": grid((row, c) => (row === c ? 9 : 0)),
  stripes: grid((row) => (row % 2 ? 9 : 0)),
};
const KERNELS = {
  "vertical edges": [1, 0, -1, 1, 0, -1, 1, 0, -1],
  "horizontal edges": [1, 1, 1, 0, 0, 0, -1, -1, -1],
  "the sum": [1, 1, 1, 1, 1, 1, 1, 1, 1],
  "the middle": [0, 0, 0, 0, 1, 0, 0, 0, 0],
  "the middle against the rest": [-1, -1, -1, -1, 8, -1, -1, -1, -1],
};
const CHOICES = { strides: [1, 2, 3, 4], padding: [0, 1, 2], rounding: ["floor", "ceil"] };
const ROUNDED = { floor: "down", ceil: "up" };
const signed = (number) => String(number).replace("-", "−");
const factor = (number) => (number < 0 ? `(${signed(number)})` : String(number));

let made = 0;

class Convolution extends HTMLElement {
  connectedCallback() {
    if (this.id_) return;
    this.id_ = `cv${++made}`;
    this.classList.add("alexnet-live");
    this.chosen = Object.fromEntries(Object.entries(CHOICES).map(([name, values]) => {
      const asked = this.getAttribute(name);
      return [name, values.find((value) => String(value) === asked) ?? values[0]];
    }));
    this.picture = PICTURES["a block"];
    this.kernel = [...KERNELS["vertical edges"]];
    this.at = [0, 0];
    this.build();
    this.anew();
  }

  build() {
    const id = this.id_;
    const select = (name, label, values, change, said = (value) => value) => {
      const control = h("select", { id: `${id}-${name}`, change: () => change(control.value) },
        values.map((value) => h("option", { value }, said(value))));
      return [control, h("div", {}, h("label", { for: `${id}-${name}` }, label), control)];
    };
    const choose = (name) => (value) => {
      this.chosen[name] = CHOICES[name].find((one) => String(one) === value);
      this.anew();
    };
    const [, picture] = select("picture", "Picture", Object.keys(PICTURES), (name) => {
      this.picture = PICTURES[name];
      this.anew();
    });
    let kernel;
    [this.kernels, kernel] = select("kernel", "Kernel", [...Object.keys(KERNELS), "your own"],
      (name) => {
        if (KERNELS[name]) this.kernel = [...KERNELS[name]];
        this.weights.forEach((input, i) => (input.value = this.kernel[i]));
        this.hush();
        this.anew();
      });
    const numbers = Object.entries({ strides: "Strides", padding: "Padding", rounding: "Rounding" })
      .map(([name, label]) => {
        const said = (value) => String(ROUNDED[value] ?? value);
        const [control, box] = select(name, label, CHOICES[name], choose(name), said);
        control.value = this.chosen[name];
        return box;
      });
    this.weights = this.kernel.map((weight, i) => h("input", {
      type: "number", min: -MOST, max: MOST, step: 1, value: weight, autocomplete: "off",
      "aria-label": `Weight in row ${Math.floor(i / K)}, column ${i % K}`,
      input: (event) => this.typed(i, event.target),
    }));
    this.notice = h("p", { class: "wb-notice", role: "status", hidden: true });
    this.pixels = h("div", { class: "cv-grid", role: "img" });
    this.window_ = h("span", { class: "cv-window" });
    this.board = h("div", {
      class: "cv-board", role: "group", tabindex: "0",
      "aria-label": "The picture. The arrow keys move the window.",
      keydown: (event) => this.pressed(event),
      pointerdown: (event) => {
        this.board.setPointerCapture(event.pointerId);
        this.dragged(event);
      },
      pointermove: (event) => this.board.hasPointerCapture(event.pointerId) && this.dragged(event),
    }, this.pixels, this.window_);
    this.map = h("div", {
      class: "cv-grid cv-map", role: "img", click: (event) => this.clicked(event),
    });
    this.sum = h("p", { class: "cv-sum" });
    this.size = h("p", { class: "cv-size" });
    this.live = h("p", { class: "wb-hidden", "aria-live": "polite" });
    const button = (words, click) => h("button", { type: "button", click }, words);
    const part = (title, ...content) =>
      h("div", { class: "cv-part" }, h("p", { class: "cv-title" }, title), ...content);
    this.replaceChildren(h("fieldset", {}, h("legend", {}, "A convolution, by hand"),
      h("div", { class: "cv-bar" }, picture, kernel, numbers),
      this.notice,
      h("div", { class: "cv-parts" },
        part("picture", this.board),
        part("kernel", h("div", { class: "cv-kernel" }, this.weights)),
        part("map", this.map)),
      this.sum,
      h("div", { class: "cv-bar" },
        button("Next place", () => this.next()),
        button("Fill the map", () => {
          this.places().forEach((place) => this.seen.add(place));
          this.draw("The map is filled.");
        }),
        button("Empty it", () => {
          this.seen.clear();
          this.go(this.at);
        })),
      this.size, this.live));
  }

  // What was seen before does not hold any more.
  anew() {
    const { strides, padding, rounding } = this.chosen;
    this.axis = { size: SIZE, kernel_size: K, strides, padding, rounding };
    this.outputs = outputSize(this.axis);
    [this.before, this.after] = padAmounts(this.axis);
    this.seen = new Set();
    this.go(this.at.map((place) => Math.min(place, this.outputs - 1)));
  }

  places() {
    return Array.from({ length: this.outputs ** 2 }, (_, i) => i);
  }

  go(at) {
    this.at = at.map((place) => Math.max(0, Math.min(place, this.outputs - 1)));
    this.seen.add(this.at[0] * this.outputs + this.at[1]);
    this.draw();
  }

  next() {
    const place = (this.at[0] * this.outputs + this.at[1] + 1) % this.outputs ** 2;
    this.go([Math.floor(place / this.outputs), place % this.outputs]);
  }

  pressed(event) {
    const [row, column] = this.at;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1], Home: [row, 0], End: [row, this.outputs - 1],
    }[event.key];
    if (!to || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go(to);
  }

  // The window whose middle is nearest to the pointer.
  dragged(event) {
    const box = this.board.getBoundingClientRect();
    const whole = this.before + SIZE + this.after;
    const places = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    const to = places.map((share) => Math.round((share * whole - K / 2) / this.chosen.strides));
    if (to.join() !== this.at.join()) this.go(to);
  }

  clicked(event) {
    const box = this.map.getBoundingClientRect();
    this.go([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width]
      .map((share) => Math.floor(share * this.outputs)));
  }

  typed(index, input) {
    const value = Number(input.value);
    const good = input.value !== "" && Number.isInteger(value) && Math.abs(value) <= MOST;
    input.setAttribute("aria-invalid", String(!good));
    if (!good) {
      this.notice.textContent =
        `A weight here is a whole number from −${MOST} to ${MOST}; until then it stays ` +
        `${signed(this.kernel[index])}.`;
      this.notice.hidden = false;
      return;
    }
    this.hush();
    this.kernel[index] = value;
    this.kernels.value = Object.keys(KERNELS)
      .find((name) => KERNELS[name].join() === this.kernel.join()) ?? "your own";
    this.anew();
  }

  hush() {
    this.notice.hidden = true;
    this.notice.textContent = "";
    this.weights.forEach((input) => input.removeAttribute("aria-invalid"));
  }

  pixel(row, column) {
    return this.picture[row]?.[column] ?? 0;
  }

  // The pixels under the window at a place, row by row.
  under([row, column]) {
    const [top, left] = [row, column].map((place) => place * this.chosen.strides - this.before);
    return this.kernel.map((_, i) => this.pixel(top + Math.floor(i / K), left + (i % K)));
  }

  result(at) {
    return this.under(at).reduce((sum, pixel, i) => sum + pixel * this.kernel[i], 0);
  }

  draw(said) {
    const { strides } = this.chosen;
    const whole = this.before + SIZE + this.after;
    const unread = SIZE - unreadPixels(this.axis);
    this.pixels.style.setProperty("--columns", whole);
    const cells = [];
    for (let row = -this.before; row < SIZE + this.after; row++) {
      for (let column = -this.before; column < SIZE + this.after; column++) {
        const inside = [row, column].every((place) => place >= 0 && place < SIZE);
        const never = inside && Math.max(row, column) >= unread;
        const value = this.pixel(row, column);
        cells.push(h("span", {
          class: inside ? (never ? "cv-unread" : "") : "cv-zero",
          style: `--share:${(100 * value) / MOST}%`,
        }, String(value)));
      }
    }
    this.pixels.replaceChildren(...cells);
    const place = { top: this.at[0], left: this.at[1] };
    for (const [side, at] of Object.entries(place)) {
      this.window_.style[side] = `${(100 * at * strides) / whole}%`;
    }
    this.window_.style.width = this.window_.style.height = `${(100 * K) / whole}%`;
    const first = this.at.map((at) => at * strides - this.before);
    const covers = `rows ${signed(first[0])} to ${first[0] + K - 1}, columns ` +
      `${signed(first[1])} to ${first[1] + K - 1}`;
    this.pixels.setAttribute("aria-label", `${SIZE} × ${SIZE} pixels, ` +
      `${this.before} zeros before and ${this.after} after them. The window lies on ${covers}.`);
    this.drawMap();
    const pixels = this.under(this.at);
    const terms = pixels.map((pixel, i) => `${pixel} · ${factor(this.kernel[i])}`);
    const result = signed(this.result(this.at));
    const lines = [0, 1, 2].map((row) => terms.slice(row * K, row * K + K).join(" + "));
    this.sum.replaceChildren(`Row ${this.at[0]}, column ${this.at[1]} of the map: `,
      ...lines.flatMap((line, i) => [h("span", {}, `${i ? "+ " : ""}${line}`), " "]),
      h("b", {}, `= ${result}`));
    this.tellSize();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.live.textContent = said ?? `The window lies on ${covers}. Row ${this.at[0]}, column ` +
        `${this.at[1]} of the map is ${result}.`;
    }, 400);
  }

  drawMap() {
    const { outputs } = this;
    const results = this.places().map((i) => this.result([Math.floor(i / outputs), i % outputs]));
    const most = Math.max(1, ...results.map(Math.abs));
    const now = this.at[0] * outputs + this.at[1];
    this.map.style.setProperty("--columns", outputs);
    this.map.replaceChildren(...results.map((result, i) => h("span", {
      class: `${result < 0 ? "cv-negative" : ""}${i === now ? " cv-now" : ""}`,
      style: `--share:${this.seen.has(i) ? (35 * Math.abs(result)) / most : 0}%`,
    }, this.seen.has(i) ? signed(result) : "")));
    const rows = Array.from({ length: outputs }, (_, row) => results
      .slice(row * outputs, (row + 1) * outputs)
      .map((result, c) => (this.seen.has(row * outputs + c) ? signed(result) : "empty")).join(", "));
    this.map.setAttribute("aria-label", `The map, ${outputs} × ${outputs}. ` +
      rows.map((row, i) => `Row ${i}: ${row}.`).join(" "));
  }

  tellSize() {
    const unread = unreadPixels(this.axis);
    const extra = this.after - this.chosen.padding;
    const parts = [`${axisFormula(this.axis, this.outputs)} places along each side.`];
    if (unread) parts.push(`The last ${unread > 1 ? `${unread} rows and columns are` : "row and column are"} never read.`);
    if (extra > 0) parts.push(`Rounding up lets the last window reach ${extra} past the edge.`);
    if (this.seen.size < this.outputs ** 2) {
      parts.push(`Filled: ${this.seen.size} of ${this.outputs ** 2}.`);
    }
    this.size.textContent = parts.join(" ");
  }
}

customElements.define("alexnet-convolution", Convolution);
