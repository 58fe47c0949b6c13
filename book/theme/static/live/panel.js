// What the small interactive parts are made of: controls that choose among values, a state that
// lives in the address, a drawing as wide as its place, words below it, and a line that is spoken.
import { follow, h, svg } from "./base.js";

const MOST = 660; // pixels of a drawing's width
const SPEAK = 500; // milliseconds of quiet before what has changed is spoken
const SIGNS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// A number in words: three digits, a true minus, powers of ten for what is very large or small.
export function say(number, digits = 3) {
  if (!Number.isFinite(number)) return number > 0 ? "∞" : number < 0 ? "−∞" : "no number";
  const size = Math.abs(number);
  if (number && (size < 1e-3 || size >= 1e5)) {
    const [mantissa, power] = number.toExponential(digits - 2).split("e");
    const raised = String(Math.abs(power)).replace(/\d/g, (digit) => SIGNS[digit]);
    return `${mantissa} · 10${power < 0 ? "⁻" : ""}${raised}`.replace("-", "−");
  }
  const rounded = Number(number.toPrecision(digits));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", "−");
}

// A color of the page around; the number is what it is where there is no style sheet.
export const paint = {
  blue: "var(--wb-blue, #2f6fc4)",
  orange: "var(--wb-orange, #a04f00)",
  green: "var(--wb-green, #257a4b)",
  red: "var(--wb-red, #c5303c)",
  gray: "var(--wb-gray, #69717a)",
  line: "var(--book-line, #c9d0d6)",
  page: "var(--pst-color-background, #fff)",
};

export const text = (x, y, words, attributes = {}) =>
  svg("text", { x, y, "font-size": 12, fill: "currentColor", ...attributes }, words);

// A drawing of so many pixels, with the words that tell what it shows.
export const drawing = (width, height, label, ...children) =>
  svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label,
    "font-family": "sans-serif",
  }, ...children);

let made = 0;

const list = ({ values }, state) => (typeof values === "function" ? values(state) : values);

// The value of a control that a text stands for, if there is one.
function known(one, written, state) {
  if (written === null) return undefined;
  if (one.free) return one.free.test(written) ? written : undefined;
  return list(one, state).find((value) => String(value) === written);
}

export class Panel extends HTMLElement {
  // Each part says its `title`, its `controls` ({ name, label, values, start, said, slider, free }),
  // and has draw(width) and tell(). A `free` one is set by the part itself, and matches a pattern;
  // `values` may depend on the state. `buttons` gives pairs of words and what a press does; where
  // there is a `board`, the drawing takes the focus: it says what the keys do that go to pressed(key).
  // A `hint` says what a hand can do with the drawing.
  // A press and a drag on a drawing of the class lp-drag go to pointed(which, x, y), in its pixels.
  connectedCallback() {
    if (this.stage) return;
    const { title, controls, hint } = this.constructor;
    this.classList.add("alexnet-live");
    this.key = this.id || this.localName.replace("alexnet-", "");
    this.mine = `lp${++made}`;
    this.inputs = {};
    this.state = this.starts();
    this.read();
    const { board } = this.constructor;
    this.stage = h("div", board ? {
      class: "lp-stage lp-board", tabindex: "0", role: "group", "aria-label": board,
      keydown: (event) => {
        const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
        if (plain && event.target === this.stage && this.pressed(event.key)) event.preventDefault();
      },
    } : { class: "lp-stage" });
    this.words = h("div", { class: "lp-words" });
    this.live = h("p", { class: "wb-hidden", "aria-live": "polite" });
    this.replaceChildren(h("fieldset", {}, h("legend", {}, title),
      h("div", { class: "lp-bar" }, controls.filter(({ free }) => !free).map((c) => this.control(c))),
      h("div", { class: "lp-bar lp-buttons" }, (this.buttons?.() ?? []).map(([words, press]) =>
        h("button", { type: "button", click: press }, words))),
      hint ? h("p", { class: "lp-hint" }, hint) : "", this.stage, this.words, this.live));
    this.ready?.();
    if (this.pointed) this.follow();
    new ResizeObserver(() => this.width !== this.room() && this.show()).observe(this.stage);
    addEventListener("hashchange", () => {
      this.state = this.starts();
      this.read();
      this.show();
    });
    this.show();
  }

  follow() {
    const worked = () => [...this.stage.querySelectorAll(".lp-drag")];
    let held = 0;
    follow(this.stage, (event) => {
      const drawn = worked()[held];
      const box = drawn.getBoundingClientRect();
      const zoom = drawn.viewBox.baseVal.width / box.width;
      this.pointed(held, zoom * (event.clientX - box.left), zoom * (event.clientY - box.top));
    }, ({ target }) => {
      held = worked().findIndex((drawn) => drawn.contains(target));
      return held >= 0;
    });
  }

  starts() {
    const state = {};
    for (const one of this.constructor.controls) {
      state[one.name] = known(one, this.getAttribute(one.name), state) ?? one.start;
    }
    return state;
  }

  control(one) {
    const { name, label, said = String, slider } = one;
    const id = `${this.mine}-${name}`;
    if (!slider) {
      const input = h("select", {
        id, change: () => this.set({ [name]: list(one, this.state)[input.selectedIndex] }),
      }, list(one, this.state).map((value) => h("option", { value }, said(value))));
      this.inputs[name] = (value) => (input.selectedIndex = list(one, this.state).indexOf(value));
      return h("div", {}, h("label", { for: id }, label), input);
    }
    const output = h("output", { for: id });
    const input = h("input", {
      id, type: "range", min: 0, step: 1, autocomplete: "off",
      input: () => this.set({ [name]: list(one, this.state)[input.value] }),
    });
    this.inputs[name] = (value) => {
      const values = list(one, this.state);
      input.max = values.length - 1;
      input.value = values.indexOf(value);
      output.textContent = said(value);
      input.setAttribute("aria-valuetext", said(value));
    };
    return h("div", { class: "lp-slider" }, h("label", { for: id }, label), input, output);
  }

  set(changes) {
    Object.assign(this.state, changes);
    for (const one of this.constructor.controls.filter(({ free }) => !free)) {
      const values = list(one, this.state);
      if (!values.includes(this.state[one.name])) this.state[one.name] = values.at(-1);
    }
    this.show();
    this.keep();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => (this.live.textContent = this.spoken()), SPEAK);
  }

  spoken() {
    return this.words.innerText;
  }

  room() {
    return Math.max(260, Math.min(MOST, Math.floor(this.stage.clientWidth) || MOST));
  }

  show() {
    for (const [name, put] of Object.entries(this.inputs)) put(this.state[name]);
    this.width = this.room();
    const drawn = [this.draw(this.width)].flat();
    // What stays keeps the focus that is in it.
    if (drawn.some((one, i) => one !== this.stage.children[i])) this.stage.replaceChildren(...drawn);
    const told = [this.tell()].flat().filter(Boolean);
    // No line begins with a percent sign.
    this.words.replaceChildren(...told.map((line) =>
      (line.nodeType ? line : h("p", {}, line.replaceAll(" %", "\u00a0%")))));
  }

  // The state in the address: #descent.rate=0.1&descent.steps=30; several parts share it.
  address() {
    return new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  }

  read() {
    const address = this.address();
    for (const one of this.constructor.controls) {
      const value = known(one, address.get(`${this.key}.${one.name}`), this.state);
      if (value !== undefined) this.state[one.name] = value;
    }
  }

  // Browsers allow few changes of the address a second.
  keep() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      const address = this.address();
      const starts = this.starts();
      for (const { name } of this.constructor.controls) {
        const key = `${this.key}.${name}`;
        if (this.state[name] === starts[name]) address.delete(key);
        else address.set(key, this.state[name]);
      }
      const hash = String(address);
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    }, 300);
  }
}

// Steps of 1, 2 or 5 times a power of ten that cut a range into about `parts`.
export function ticks(low, high, parts = 5) {
  const rough = (high - low) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    found.push(i * step);
  }
  return found;
}

// The frame of a plot. `x` and `y` are [from, to]; with `log`, y holds powers of ten. Gives its
// drawings and the function from a point to its pixels.
export function frame({ top = 8, left = 62, width, height, x, y, log, across, up }) {
  const [right, bottom] = [width - 12, height - 40];
  const at = ([a, b]) => [
    left + ((a - x[0]) / (x[1] - x[0])) * (right - left),
    bottom - ((b - y[0]) / (y[1] - y[0])) * (bottom - top),
  ];
  const parts = [];
  const marks = log
    ? ticks(y[0], y[1], 5).filter(Number.isInteger)
    : ticks(y[0], y[1], 5);
  for (const value of marks) {
    const [, height_] = at([x[0], value]);
    parts.push(svg("path", { d: `M${left} ${height_}H${right}`, stroke: paint.line }));
    parts.push(text(left - 6, height_ + 4, log ? power(value) : say(value), { "text-anchor": "end" }));
  }
  for (const value of ticks(x[0], x[1], width < 420 ? 4 : 6)) {
    const [place] = at([value, y[0]]);
    parts.push(svg("path", { d: `M${place} ${bottom}v4`, stroke: paint.gray }));
    parts.push(text(place, bottom + 17, say(value), { "text-anchor": "middle" }));
  }
  parts.push(svg("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: paint.gray }));
  parts.push(text((left + right) / 2, bottom + 34, across, { "text-anchor": "middle" }));
  parts.push(text(0, 0, up, {
    transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle",
  }));
  return { parts, at, left, right, top, bottom };
}

const power = (value) =>
  value === 0 ? "1" : value === 1 ? "10" :
    `10${value < 0 ? "⁻" : ""}${String(Math.abs(value)).replace(/\d/g, (digit) => SIGNS[digit])}`;

export const path = (points, attributes) =>
  svg("path", {
    d: points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(""),
    fill: "none", "stroke-width": 2, "stroke-linejoin": "round", ...attributes,
  });
