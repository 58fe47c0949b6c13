// The element <alexnet-pooling>: a map of numbers that the reader edits, and its max pooling.
import { svg } from "../live/base.js";
import { drawing, paint, Panel, text } from "../live/panel.js";
import { pooled, SIDE, wins } from "./maxima.js";

const EXAMPLE = "0120000036200004952010248301002630050115800000340";
const MOST = 9;
const TITLE = 24; // pixels above a grid
const shade = (value) => ({ fill: paint.green, "fill-opacity": value / MOST / 2.5 });

class Pooling extends Panel {
  static title = "Max pooling, by hand";

  static hint = "Click a number to choose it. Click it again, or type a digit, to change it.";

  static board = "The map. The arrow keys choose a number, a digit sets it.";

  static controls = [
    { name: "size", label: "Window", values: [2, 3], start: 3, said: (size) => `${size} × ${size}` },
    { name: "strides", label: "Strides", values: [1, 2, 3], start: 2 },
    { name: "map", free: /^\d{49}$/, start: EXAMPLE },
    { name: "at", free: /^[0-6]{2}$/, start: "22" },
  ];

  buttons() {
    const by = (change) => () => this.put(Math.max(0, Math.min(MOST, this.value + change)));
    return [["One more", by(1)], ["One less", by(-1)], ["All zero", () => this.set({ map: "0".repeat(49) })],
      ["The example", () => this.set({ map: EXAMPLE })]];
  }

  ready() {
    this.stage.addEventListener("click", (event) => {
      const box = this.stage.firstChild.getBoundingClientRect();
      const [column, row] = [event.clientX - box.left, event.clientY - box.top - TITLE]
        .map((place) => Math.floor(place / this.cell));
      if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) return;
      const at = `${row}${column}`;
      if (at === this.state.at) this.put((this.value + 1) % (MOST + 1));
      else this.set({ at });
    });
  }

  get place() {
    return 7 * this.state.at[0] + Number(this.state.at[1]);
  }

  get value() {
    return Number(this.state.map[this.place]);
  }

  put(value) {
    const { map } = this.state;
    this.set({ map: map.slice(0, this.place) + value + map.slice(this.place + 1) });
  }

  pressed(key) {
    const [row, column] = [...this.state.at].map(Number);
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
    }[key];
    if (to && to.every((one) => one >= 0 && one < SIDE)) this.set({ at: to.join("") });
    else if (/^\d$/.test(key)) this.put(key);
    return Boolean(to) || /^\d$/.test(key);
  }

  draw(width) {
    const { size, strides, map } = this.state;
    this.map = Array.from({ length: SIDE }, (_, row) =>
      [...map.slice(row * SIDE, (row + 1) * SIDE)].map(Number));
    this.windows = pooled(this.map, size, strides);
    this.won = wins(this.map, this.windows);
    const [row, column] = [...this.state.at].map(Number);
    this.holds = ({ top, left }) =>
      row >= top && row < top + size && column >= left && column < left + size;
    const beside = width > 520;
    this.cell = Math.min(44, Math.floor((beside ? width / 2 - 20 : width - 4) / SIDE));
    return [this.drawMap(row, column), this.drawPooled()];
  }

  grid(rows, label, title, marks, ground, corner) {
    const { cell } = this;
    const cells = rows.flatMap((values, y) => values.flatMap((value, x) => {
      const small = corner(y, x);
      return [
        svg("rect", {
          x: 1 + x * cell, y: TITLE + y * cell, width: cell, height: cell, stroke: paint.line,
          ...ground(y, x, value),
        }),
        text(1 + (x + 0.5) * cell, TITLE + (y + 0.5) * cell + 5, String(value), {
          "font-size": 14, "text-anchor": "middle",
        }),
        ...(small ? [text((x + 1) * cell - 4, TITLE + y * cell + 14, small, {
          "font-size": 11, "text-anchor": "end",
        })] : []),
      ];
    }));
    const side = rows.length * cell + 2;
    return drawing(Math.max(side, 150), side + TITLE, label, text(1, 14, title), ...cells, ...marks);
  }

  outline(row, column, size, stroke, attributes = {}) {
    const { cell } = this;
    return svg("rect", {
      x: 2 + column * cell, y: TITLE + 1 + row * cell, width: size * cell - 2,
      height: size * cell - 2, fill: "none", stroke, "stroke-width": 3, rx: 3, ...attributes,
    });
  }

  drawMap(row, column) {
    const { size } = this.state;
    const read = new Set(this.windows.flatMap(([{ top }]) =>
      Array.from({ length: size }, (_, i) => top + i)));
    const holding = this.windows.flat().filter(this.holds);
    const spoken = this.map.map((values, i) => `Row ${i}: ${values.join(", ")}.`).join(" ");
    const unread = (y, x) => !read.has(y) || !read.has(x);
    return this.grid(this.map, `The map. ${spoken}`, "map", [
      ...holding.map(({ top, left }) =>
        this.outline(top, left, size, paint.blue, { fill: paint.blue, "fill-opacity": 0.12 })),
      this.outline(row, column, 1, paint.orange),
    ], (y, x, value) => (unread(y, x) ? { fill: paint.red, "fill-opacity": 0.15 } : shade(value)), (y, x) =>
      (unread(y, x) ? "–" : this.won[y][x] ? `×${this.won[y][x]}` : ""));
  }

  drawPooled() {
    const rows = this.windows.map((row) => row.map(({ most }) => most));
    const spoken = rows.map((values, i) => `Row ${i}: ${values.join(", ")}.`).join(" ");
    const marks = this.windows.flatMap((row, y) => row.flatMap((window, x) =>
      (this.holds(window) ? [this.outline(y, x, 1, paint.blue)] : [])));
    return this.grid(rows, `Pooled. ${spoken}`, `pooled: ${rows.length} × ${rows.length}`, marks,
      (y, x, value) => shade(value), () => "");
  }

  tell() {
    const { size, strides } = this.state;
    const [row, column] = [...this.state.at].map(Number);
    const shared = Math.max(0, size - strides);
    const between = strides - size;
    const { length } = this.windows;
    const [last] = this.windows.at(-1);
    const unread = SIDE - last.top - size;
    const inside = this.windows.flat().filter(this.holds).length;
    const won = this.won[row][column];
    const on = this.map.flat().filter((value) => value > 0).length;
    const winners = this.won.flat().filter((times) => times > 0).length;
    const lines = (count) => `${count} ${count === 1 ? "line" : "lines"}`;
    const overlap = shared ? `neighbors share ${lines(shared)}`
      : between > 0 ? `${lines(between)} between neighbors is in no window` : "neighbors share nothing";
    return [
      `⌊(${SIDE} − ${size}) / ${strides}⌋ + 1 = ${length} windows along each side; ${overlap}.` +
        (unread ? ` The last ${unread > 1 ? `${unread} rows and columns are` : "row and column are"} never read.` : ""),
      `The ${this.value} in row ${row}, column ${column} lies in ${inside} ` +
        `${inside === 1 ? "window" : "windows"} (blue) and is the largest of ${won}. ` +
        "(× says how many windows a number wins; of equal ones the first does.)",
      `Of ${on} numbers above zero, ${winners} win a window and go on.`,
    ];
  }
}

customElements.define("alexnet-pooling", Pooling);
