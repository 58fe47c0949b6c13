// The element <alexnet-field>: the pixels that one number of a layer depends on, over a picture.
import { svg } from "../live/base.js";
import { drawing, paint, Panel, text } from "../live/panel.js";
import { fields, LAYERS, PIXELS } from "./reach.js";

const NAMES = LAYERS.map(({ name }) => name);
const TITLE = 20;
const of = (state) => LAYERS.find(({ name }) => name === state.layer);
const places = (state) => Array.from({ length: of(state).side }, (_, i) => i);
const middle = (layer) => Math.floor(layer.side / 2);
// A hand with two fingers raised, on 224 × 224 pixels: lines as [width, path].
const HAND = [
  [46, "M112 226V170"], [74, "M100 150H126"], [22, "M88 140L74 44"], [22, "M116 132L124 36"],
  [24, "M140 132Q156 116 146 142"], [22, "M156 146Q170 134 160 158"], [22, "M76 160Q96 186 122 158"],
];

class Field extends Panel {
  static title = "What one number sees";

  static hint = "Click or drag on the map to choose a number, or on the picture for the number around it.";

  static board = "The map. The arrow keys choose a number.";

  static controls = [
    { name: "layer", label: "Layer", values: NAMES, start: "conv3" },
    { name: "row", label: "Row", values: places, start: 6, slider: true },
    { name: "column", label: "Column", values: places, start: 6, slider: true },
  ];

  buttons() {
    return [["Middle", () => this.set({ row: middle(of(this.state)), column: middle(of(this.state)) })],
      ["Corner", () => this.set({ row: 0, column: 0 })]];
  }

  // The same place of the picture, as nearly as another layer has it.
  set(changes) {
    const before = of(this.state);
    const to = of({ ...this.state, ...changes });
    if (to !== before) {
      for (const name of ["row", "column"]) {
        changes[name] = Math.min(to.side - 1, Math.round(((this.state[name] + 0.5) * to.side) / before.side - 0.5));
      }
    }
    super.set(changes);
  }

  // On the map, or on the picture, where the number is meant whose field lies around the pixel.
  pointed(which, x, y) {
    const { side } = of(this.state);
    const onMap = (place) => Math.floor((place / this.mapSide) * side);
    const [first, last] = [0, side - 1].map((place) => {
      const [{ field }] = fields(this.state.layer, place);
      return (field[0] + field[1]) / 2;
    });
    const onPicture = (place) =>
      Math.round((side - 1) * (((place / this.large) * PIXELS - first) / (last - first)));
    const [row, column] = [y - TITLE, x].map((place) =>
      Math.max(0, Math.min(side - 1, which ? onMap(place) : onPicture(place))));
    if (row !== this.state.row || column !== this.state.column) this.set({ row, column });
  }

  pressed(key) {
    const { row, column } = this.state;
    const to = {
      ArrowUp: { row: row - 1 }, ArrowDown: { row: row + 1 }, ArrowLeft: { column: column - 1 },
      ArrowRight: { column: column + 1 },
    }[key];
    const [place] = Object.values(to ?? {});
    if (to && place >= 0 && place < of(this.state).side) this.set(to);
    return Boolean(to);
  }

  draw(width) {
    const { layer, row, column } = this.state;
    const { side } = of(this.state);
    const rows = fields(layer, row);
    const columns = fields(layer, column);
    this.rows = rows[0];
    this.columns = columns[0];
    this.back = rows.toReversed();
    const beside = width > 520;
    const large = (this.large = Math.min(320, beside ? Math.floor(width * 0.5) : width));
    this.mapSide = Math.min(220, beside ? width - large - 30 : width);
    const unit = large / PIXELS;
    const rect = (y, x, attributes) => svg("rect", {
      x: x[0] * unit, y: TITLE + y[0] * unit, width: (x[1] - x[0] + 1) * unit,
      height: (y[1] - y[0] + 1) * unit, ...attributes,
    });
    const whole = [0, PIXELS - 1];
    const [y, x] = [this.rows.seen, this.columns.seen];
    const size = (axis) => axis[1] - axis[0] + 1;
    const picture = drawing(large, large + TITLE,
      `The picture, 224 × 224 pixels: a hand with two fingers raised. The frame lies on rows ` +
      `${y[0]} to ${y[1]} and columns ${x[0]} to ${x[1]}.`,
      text(0, 13, `picture: ${size(y)} × ${size(x)} pixels are read`),
      rect(whole, whole, { fill: paint.gray, "fill-opacity": 0.15 }),
      svg("g", {
        transform: `translate(0 ${TITLE}) scale(${unit})`, fill: "none", stroke: "currentColor",
        opacity: 0.6, "stroke-linecap": "round", "stroke-linejoin": "round",
      }, ...HAND.map(([wide, d]) => svg("path", { d, "stroke-width": wide }))),
      svg("path", {
        d: `M0 ${TITLE}h${large}v${large}h${-large}z` +
          `M${x[0] * unit} ${TITLE + y[0] * unit}v${size(y) * unit}h${size(x) * unit}v${-size(y) * unit}z`,
        fill: paint.page, "fill-opacity": 0.72, "fill-rule": "evenodd",
      }),
      rect(y, x, { fill: "none", stroke: paint.orange, "stroke-width": 3 }));
    const cell = this.mapSide / side;
    const lines = side > 30 ? [] : places(this.state).map((i) => svg("path", {
      d: `M0 ${TITLE + i * cell}h${this.mapSide}M${i * cell} ${TITLE}v${this.mapSide}`, stroke: paint.line,
    }));
    const map = drawing(this.mapSide, this.mapSide + TITLE,
      `A map of ${layer}, ${side} × ${side}. Row ${row}, column ${column} is chosen.`,
      text(0, 13, `a map of ${layer}: ${side} × ${side}`),
      svg("rect", { y: TITLE, width: this.mapSide, height: this.mapSide, fill: paint.gray, "fill-opacity": 0.15 }),
      ...lines,
      svg("rect", {
        x: Math.min(column * cell, this.mapSide - Math.max(cell, 6)),
        y: TITLE + Math.min(row * cell, this.mapSide - Math.max(cell, 6)),
        width: Math.max(cell, 6), height: Math.max(cell, 6), fill: paint.orange,
      }));
    for (const drawn of [picture, map]) drawn.classList.add("lp-drag");
    return [picture, map];
  }

  tell() {
    const { layer, row, column } = this.state;
    const names = [...NAMES.slice(0, NAMES.indexOf(layer)).toReversed(), "the picture"];
    const wide = (axis) => axis[1] - axis[0] + 1;
    const sizes = this.back.slice(1).map(({ field }, i) => `${wide(field)} of ${names[i]}`);
    const { field, seen } = this.rows;
    const cut = [this.rows, this.columns].some((axis) => wide(axis.seen) < wide(axis.field));
    return [
      `Along each side, one number of ${layer} needs ${sizes.join(", and these ")}.`,
      `Row ${row}, column ${column} reads the pixels of rows ${seen[0]} to ${seen[1]} and columns ` +
        `${this.columns.seen[0]} to ${this.columns.seen[1]}.` +
        (cut ? ` Its field is ${wide(field)} × ${wide(field)} like every other; what lies ` +
          "outside the picture or a map is zeros." : ""),
      `A step on this map is ${of(this.state).step} pixels of the picture.`,
    ];
  }
}

customElements.define("alexnet-field", Field);
