// The element <alexnet-workbench>: a network that can be edited, with its ledger. `state` says
// what it starts with, as state.js writes it; with the attribute `page` it is the whole page's
// workbench, and its state lives in the address.
import { count, h, keepAddress, KIND_COLORS, readAddress, rove } from "../live/base.js";
import { isWindow } from "./architecture.js";
import * as architecture from "./architecture.js";
import * as draw from "./draw.js";
import { kerasCode } from "./export.js";
import * as fields from "./inspector.js";
import { kib, ledger, windows } from "./ledger.js";
import { PRESETS } from "./presets.js";
import { decode, encode, fresh, preset, presetName } from "./state.js";

const PAGE = new URL("../../book/workbench.html", import.meta.url).href;
const STEP_MS = 350;
const DASH = "–";
const COLUMNS = [["output", "output"], ["parameters", "parameters"], ["macs", "MACs"]];
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let made = 0;

const clone = (network) => structuredClone(network);

class Workbench extends HTMLElement {
  connectedCallback() {
    if (this.id_) return;
    this.id_ = `wb${++made}`;
    this.classList.add("alexnet-live");
    this.page = this.hasAttribute("page");
    this.past = [];
    this.split = false;
    this.build();
    if (this.page) {
      window.addEventListener("hashchange", () => this.readAddress());
      this.readAddress(true);
    } else {
      this.take(decode(this.getAttribute("state") ?? ""));
    }
    // Pictures are drawn for the room there is.
    new ResizeObserver(() => {
      const width = Math.round(this.detail.clientWidth) - 26;
      if (width > 0 && width !== this.room) {
        this.room = width;
        this.drawWindows();
      }
    }).observe(this.detail);
  }

  readAddress(first = false) {
    const said = readAddress();
    if (said) this.take(decode(said));
    else if (first) this.take({ state: fresh(), notice: "" });
  }

  take({ state, notice }) {
    this.state = state;
    this.past = [];
    this.notice.textContent = notice;
    this.notice.hidden = !notice;
    this.settle();
    this.render(true);
  }

  // Keep the selection within the network, and what the inspector shows apart in step with it.
  settle() {
    const { network } = this.state;
    this.state.layer = Math.min(this.state.layer, network.layers.length - 1);
    this.stop();
    this.split = !this.alike();
  }

  alike() {
    const layer = this.layer;
    if (layer) return !isWindow(layer) || fields.isAlike(layer);
    const [height, width] = this.state.network.input_size;
    return height === width;
  }

  get layer() {
    return this.state.network.layers[this.state.layer] ?? null;
  }

  // ---- what is there once ------------------------------------------------------------------

  build() {
    const id = this.id_;
    this.presets = h("select", { id: `${id}-net`, change: () => this.choose() });
    this.compared = h("select", { id: `${id}-with`, change: () => this.compare() });
    this.undoButton = h("button", { type: "button", click: () => this.undo() }, "Undo");
    this.notice = h("p", { class: "wb-notice", role: "status", hidden: true });
    this.strip = h("div", {
      class: "wb-strip", role: "group", "aria-label": "The network. Arrow keys go from layer to layer.",
      keydown: (event) => this.rove(event),
    });
    this.inspector = h("fieldset", { class: "wb-inspector" });
    this.detail = h("fieldset", { class: "wb-detail" }, ...this.windowControls());
    this.numbers = h("dl");
    this.table = h("table");
    this.ledgerBox = h("div", {
      class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "The ledger: every layer",
    }, this.table);
    this.totals = h("p", { class: "wb-totals" });
    this.beside = h("p", { class: "wb-beside" });
    this.comparison = h("div", { class: "wb-compare" });
    this.said = h("p", { class: "wb-said", role: "status" });
    this.live = h("p", { class: "wb-hidden", "aria-live": "polite" });
    this.exported = h("textarea", {
      class: "wb-export", readonly: true, rows: "12", hidden: true, spellcheck: "false",
      "aria-label": "What was copied",
    });
    const copy = (label, what) => h("button", { type: "button", click: () => this.copy(label, what) }, label);
    const rows = h("details", { class: "wb-whole", open: this.page },
      h("summary", {}, "The ledger of the whole network"), this.ledgerBox);
    this.replaceChildren(
      h("div", { class: "wb-bar" },
        h("div", {}, h("label", { for: `${id}-net` }, "Network"), this.presets),
        h("div", {}, h("label", { for: `${id}-with` }, "Compare with"), this.compared),
        this.undoButton),
      this.notice,
      this.strip,
      this.totals,
      this.beside,
      h("div", { class: "wb-two" }, this.inspector, this.detail,
        h("fieldset", { class: "wb-numbers" }, h("legend", {}, "In numbers"), this.numbers)),
      this.comparison,
      rows,
      h("div", { class: "wb-copy" },
        copy("Copy link", () => this.link()),
        copy("Copy Keras code", () => kerasCode(this.state.network, this.state.dataFormat)),
        copy("Copy JSON", () => this.json()),
        this.page ? null : (this.away = h("a", { href: PAGE }, "Open in the workbench"))),
      this.said,
      this.exported,
      this.live,
    );
  }

  // ---- what changes -----------------------------------------------------------------------

  // What is typed into one field, letter by letter, is one step for Undo.
  edit(network, said = "", layer = this.state.layer, field = null) {
    if (!field || field !== this.typing) this.past.push({ ...this.state });
    this.typing = field;
    if (Object.hasOwn(PRESETS, network.name) && presetName(network) === null) {
      network.name = `${network.name}-edited`;
    }
    const elsewhere = layer !== this.state.layer || Boolean(said);
    this.state = { ...this.state, network, layer };
    if (elsewhere) this.settle();
    this.hideNotice();
    this.render(elsewhere);
    this.announce(said);
  }

  change(changes, field = null) {
    const network = clone(this.state.network);
    if (this.layer) Object.assign(network.layers[this.state.layer], changes);
    else Object.assign(network, changes);
    this.edit(network, "", this.state.layer, field);
  }

  choose() {
    const name = this.presets.value;
    if (!Object.hasOwn(PRESETS, name)) return;
    this.past.push({ ...this.state });
    const old = this.layer?.name;
    const network = preset(name);
    const found = network.layers.findIndex((layer) => layer.name === old);
    this.state = { ...this.state, network, layer: found < 0 && old ? 0 : found, at: [0, 0] };
    this.hideNotice();
    this.settle();
    this.render(true);
    this.announce(`${name}.`);
  }

  compare() {
    const name = this.compared.value;
    if (name === "!now") this.state.other = clone(this.state.network);
    else if (name !== "!other") this.state.other = name ? preset(name) : null;
    this.render();
    this.announce(this.state.other ? `Compared with ${this.state.other.name}.` : "Not compared.");
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    this.typing = null;
    this.state = last;
    this.settle();
    this.render(true);
    this.announce("Undone.");
  }

  select(index, focus = false) {
    this.state.layer = index;
    this.state.at = [0, 0];
    this.settle();
    this.render(true);
    if (focus) this.strip.children[index + 1]?.focus();
  }

  move(step) {
    const network = clone(this.state.network);
    const { layer } = this.state;
    const [taken] = network.layers.splice(layer, 1);
    network.layers.splice(layer + step, 0, taken);
    this.edit(network, `${taken.name} moved.`, layer + step);
  }

  remove() {
    const network = clone(this.state.network);
    const [taken] = network.layers.splice(this.state.layer, 1);
    this.edit(network, `${taken.name} removed.`);
    this.strip.children[this.state.layer + 1].focus();
  }

  add(kind) {
    const network = clone(this.state.network);
    const layer = fields.newLayer(kind, network.layers);
    network.layers.splice(this.state.layer + 1, 0, layer);
    this.edit(network, `${layer.name} added.`, this.state.layer + 1);
  }

  hideNotice() {
    this.notice.hidden = true;
    this.notice.textContent = "";
  }

  // ---- showing ------------------------------------------------------------------------------

  render(anew = false) {
    this.book = ledger(this.state.network);
    this.pairs = this.pair();
    this.drawBar();
    this.drawStrip(anew);
    this.drawInspector(anew);
    this.drawWindows();
    this.drawTable();
    this.drawComparison();
    this.keepAddress();
  }

  keepAddress() {
    const state = encode(this.state);
    if (this.away) this.away.href = `${PAGE}#${state}`;
    if (this.page) keepAddress(state);
  }

  announce(said = "") {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const row = this.book.rows[this.state.layer];
      const parts = [said];
      if (this.book.error) parts.push(this.book.error);
      else {
        if (row && !said) parts.push(`${row.name}: ${this.shape(row.output)}.`);
        parts.push(`${count(this.book.parameters)} parameters in all.`);
      }
      this.live.textContent = parts.filter(Boolean).join(" ");
    }, 500);
  }

  shape(shape) {
    if (!shape) return DASH;
    const first = this.state.dataFormat === "channels_first" && shape.length === 3;
    return (first ? [shape[2], shape[0], shape[1]] : shape).join(" × ");
  }

  drawBar() {
    const { network, other } = this.state;
    const names = Object.keys(PRESETS);
    const known = presetName(network);
    const option = (value, label, chosen) => h("option", { value, selected: chosen }, label);
    this.presets.replaceChildren(
      ...(known ? [] : [option("!own", network.name, true)]),
      ...names.map((name) => option(name, name, name === known)),
    );
    const with_ = other && presetName(other);
    this.compared.replaceChildren(
      option("", "nothing", !other),
      ...(other && !with_ ? [option("!other", other.name, true)] : []),
      option("!now", "this network as it is now", false),
      ...names.map((name) => option(name, name, name === with_)),
    );
    this.undoButton.disabled = !this.past.length;
    const { parameters, macs, bytes, error } = this.book;
    this.totals.classList.toggle("wb-wrong", Boolean(error));
    const stuck = this.book.rows.find((row) => row.error);
    this.totals.replaceChildren(
      ...(error
        ? [stuck ? `${stuck.name} does not fit, so there is nothing to add up.` : error]
        : [
            h("b", {}, count(parameters)), " parameters, ",
            h("b", {}, count(macs)), " multiply-accumulates and ",
            h("b", {}, kib(bytes)), " KiB of outputs for one picture.",
          ]),
    );
  }

  drawStrip(anew) {
    const { network } = this.state;
    const { problem } = this.book;
    const had = this.strip.contains(document.activeElement);
    const differ = new Set(this.pairs?.lines.filter((each) => each.differs).map((each) => each.name));
    const input = problem.input ? null : architecture.inputShape(network);
    const item = (name, kind, shape, wrong, index) =>
      h("button", {
        type: "button",
        class: `wb-box wb-${KIND_COLORS[kind]}${wrong ? " wb-wrong" : ""}`,
        "aria-pressed": String(index === this.state.layer),
        tabindex: index === this.state.layer ? "0" : "-1",
        click: () => this.select(index, true),
      },
      draw.box(shape),
      h("span", { class: "wb-name" }, differ.has(name) ? `≠ ${name}` : name),
      h("span", { class: "wb-size" }, wrong ? "does not fit" : this.short(shape)));
    this.strip.replaceChildren(
      item("input", "input", input, Boolean(problem.input), -1),
      ...this.book.rows.map((row, i) => item(row.name, row.kind, row.output, Boolean(row.error), i)),
    );
    const chosen = this.strip.children[this.state.layer + 1];
    if (had) chosen.focus({ preventScroll: true });
    if (!anew) return; // measuring costs a layout
    const { offsetLeft, offsetWidth } = chosen;
    const { scrollLeft, clientWidth } = this.strip;
    if (offsetLeft < scrollLeft || offsetLeft + offsetWidth > scrollLeft + clientWidth) {
      this.strip.scrollLeft = offsetLeft - clientWidth / 2;
    }
  }

  short(shape) {
    if (!shape) return DASH;
    if (shape.length === 1) return String(shape[0]);
    const size = shape[0] === shape[1] ? `${shape[0]}²` : `${shape[0]}·${shape[1]}`;
    return this.state.dataFormat === "channels_first" ? `${shape[2]}·${size}` : `${size}·${shape[2]}`;
  }

  rove(event) {
    const to = rove(event, this.state.layer, -1, this.state.network.layers.length - 1);
    if (to !== null) this.select(to, true);
  }

  // The fields stay the same elements while a value is typed; they are made anew when there are
  // others to show.
  drawInspector(anew) {
    const { layer } = this;
    const list = layer ? fields.layerFields(layer, !this.split) : fields.inputFields(!this.split);
    const key = [this.state.layer, layer?.kind, ...list.map((field) => field.key)].join();
    const target = layer ?? this.state.network;
    if (!anew && key === this.shown) {
      for (const field of list) {
        const control = this.inspector.querySelector(`[data-key="${field.key}"]`);
        if (control !== document.activeElement) this.fill(control, field, target);
      }
      this.legend.textContent = layer ? this.title(layer) : "input";
      this.tellLayer();
      return;
    }
    this.shown = key;
    const focused = this.inspector.contains(document.activeElement)
      ? document.activeElement.dataset.key
      : null;
    this.legend = h("legend", {}, layer ? this.title(layer) : "input");
    this.problem = h("p", { class: "wb-problem" });
    this.inspector.replaceChildren(
      this.legend,
      h("div", { class: "wb-fields" },
        ...list.map((field) => this.control(field)),
        layer && !isWindow(layer) ? null : this.alikeControl(),
        layer ? null : this.formatControl()),
      this.problem,
      this.actions());
    for (const field of list) {
      this.fill(this.inspector.querySelector(`[data-key="${field.key}"]`), field, target);
    }
    if (focused) this.inspector.querySelector(`[data-key="${focused}"]:not(:disabled)`)?.focus();
    this.tellLayer();
  }

  title(layer) {
    return `${layer.name}: ${fields.KIND_NAMES[layer.kind]}`;
  }

  tellLayer() {
    const { problem, rows } = this.book;
    const row = rows[this.state.layer];
    let said = this.layer ? row.error : problem.input;
    if (problem.names && rows.filter((each) => each.name === row?.name).length > 1) {
      said ??= problem.names;
    }
    if (row && !row.error && !row.input) said = "Waits for a layer before it that does not fit.";
    this.problem.textContent = said ?? "";
    this.problem.hidden = !said;
  }

  fill(control, field, target) {
    const value = field.get(target);
    if (field.type === "checkbox") control.checked = Boolean(value);
    else control.value = value ?? "";
  }

  control(field) {
    const id = `${this.id_}-${field.key}`;
    const listen = () => this.typed(field, control);
    let control;
    if (field.type === "select") {
      const options = field.options.map(([value, label]) => h("option", { value }, label));
      control = h("select", { id, "data-key": field.key, change: listen }, options);
    } else {
      control = h("input", {
        id, "data-key": field.key, type: field.type, input: listen, autocomplete: "off",
        change: () => (this.typing = null),
        ...(field.type === "number"
          ? { min: field.min, max: field.max ?? null, step: field.step ?? 1, inputmode: "decimal" }
          : { spellcheck: "false" }),
      });
    }
    const label = h("label", { for: id }, field.label);
    const parts = field.type === "checkbox" ? [control, label] : [label, control];
    return h("div", { class: `wb-field wb-field-${field.type}` }, ...parts);
  }

  typed(field, control) {
    const target = this.layer ?? this.state.network;
    let value = control.value;
    if (field.type === "checkbox") value = control.checked;
    if (field.type === "number") value = value === "" ? null : Number(value);
    let axes = null;
    const { input } = this.book.rows[this.state.layer] ?? {};
    try {
      axes = this.layer && isWindow(this.layer) && input ? architecture.axes(this.layer, input) : null;
    } catch {
      axes = null;
    }
    this.change(field.set(target, value, axes), `${this.state.layer} ${field.key}`);
  }

  alikeControl() {
    const id = `${this.id_}-alike`;
    const control = h("input", {
      id, type: "checkbox", "data-key": "alike",
      change: () => {
        this.split = !control.checked;
        if (control.checked && !this.alike()) {
          if (this.layer) this.change(fields.makeAlike(this.layer));
          else this.change({ input_size: [this.state.network.input_size[0], this.state.network.input_size[0]] });
        } else this.drawInspector();
      },
    });
    control.checked = !this.split;
    const label = h("label", { for: id }, "height and width alike");
    return h("div", { class: "wb-field wb-field-checkbox" }, control, label);
  }

  formatControl() {
    const id = `${this.id_}-format`;
    const control = h("select", {
      id, "data-key": "format",
      change: () => {
        this.state.dataFormat = control.value;
        this.render();
      },
    }, ["channels_last", "channels_first"].map((name) => h("option", { value: name }, name)));
    control.value = this.state.dataFormat;
    return h("div", { class: "wb-field" }, h("label", { for: id }, "Data format"), control);
  }

  actions() {
    const { layer } = this.state;
    const last = this.state.network.layers.length - 1;
    const button = (key, label, disabled, click) =>
      h("button", { type: "button", "data-key": key, disabled, click }, label);
    const id = `${this.id_}-kind`;
    const kinds = h("select", { id, "data-key": "kind" },
      Object.entries(fields.KIND_NAMES).map(([kind, name]) => h("option", { value: kind }, name)));
    const own = this.layer
      ? [
          button("earlier", "Move earlier", layer === 0, () => this.move(-1)),
          button("later", "Move later", layer === last, () => this.move(1)),
          button("remove", "Remove", false, () => this.remove()),
        ]
      : [];
    return h("div", { class: "wb-actions" }, ...own,
      h("span", { class: "wb-add" },
        h("label", { for: id }, "After it"),
        kinds,
        button("add", "Add", false, () => this.add(kinds.value))));
  }

  // ---- the layer's windows and formulas -----------------------------------------------------

  drawWindows() {
    const row = this.book.rows[this.state.layer];
    const window_ = row?.output && isWindow(this.layer) ? windows(this.layer, row.input) : null;
    this.numbers.replaceChildren(...this.facts());
    this.detail.hidden = !window_;
    if (!window_) {
      this.axes = null;
      this.stop();
      return;
    }
    this.axes = window_;
    this.state.at = this.state.at.map((place, i) => Math.min(place, window_[i].positions - 1));
    const pool = this.layer.kind === "pool";
    window_.forEach((axis, i) => {
      const slider = this.sliders[i];
      slider.max = axis.positions;
      slider.value = this.state.at[i] + 1;
      slider.setAttribute("aria-valuetext", draw.windowText(axis, this.state.at[i], pool));
    });
    const { along } = this;
    const axis = window_[along];
    const available = Math.max(240, this.room ?? 400);
    const said = draw.windowText(axis, this.state.at[along], pool);
    this.sentence.textContent = said;
    this.edges.textContent = `${along ? "Along a row" : "Down a column"}: ${draw.edgeText(axis, pool)}`;
    const alt =
      `The window in row ${this.state.at[0] + 1} of ${window_[0].positions} and column ` +
      `${this.state.at[1] + 1} of ${window_[1].positions}, on a map of ${window_[0].size} × ` +
      `${window_[1].size}, and the number it gives in the map that comes out.`;
    this.pictures.replaceChildren(
      draw.strip(axis, this.state.at[along], pool, available),
    );
    this.map.replaceChildren(draw.onMap(window_, this.state.at, alt));
    this.back.disabled = this.state.at[along] === 0;
    this.forth.disabled = this.state.at[along] === axis.positions - 1;
  }

  windowControls() {
    const id = this.id_;
    this.along = 1;
    this.sliders = ["row", "column"].map((word, axis) =>
      h("input", {
        id: `${id}-at-${word}`, type: "range", min: "1", step: "1", max: "1",
        input: (event) => {
          this.stop();
          this.go(axis, Number(event.target.value) - 1);
        },
      }));
    this.play = h("button", { type: "button", class: "wb-play", click: () => this.toggle() }, "Play");
    this.back = h("button", { type: "button", click: () => this.step(-1) }, "Step back");
    this.forth = h("button", { type: "button", click: () => this.step(1) }, "Step");
    this.pictures = h("div", { class: "wb-pictures" });
    this.map = h("div", { class: "wb-pictures" });
    this.sentence = h("p", { class: "wb-sentence" });
    this.edges = h("p", { class: "wb-edges" });
    const slider = (axis, word, label) =>
      h("div", { class: "wb-slider" }, h("label", { for: `${id}-at-${word}` }, label), this.sliders[axis]);
    return [
      h("legend", {}, "Its windows"),
      this.pictures,
      h("div", { class: "wb-stage" }, this.map, h("div", {},
        this.sentence,
        h("div", { class: "wb-steps" },
          slider(1, "column", "Across"), slider(0, "row", "Down"),
          h("div", {}, this.back, this.forth, this.play)))),
      this.edges,
    ];
  }

  go(axis, place) {
    this.along = axis;
    this.state.at = this.state.at.with(axis, place);
    this.drawWindows();
    this.keepAddress();
  }

  step(by) {
    const place = this.state.at[this.along] + by;
    const most = this.axes[this.along].positions - 1;
    const button = by < 0 ? this.back : this.forth;
    this.go(this.along, Math.max(0, Math.min(place, most)));
    // A button that has become useless must not take the focus with it.
    if (button.disabled && !this.playing) (by < 0 ? this.forth : this.back).focus();
  }

  toggle() {
    if (this.playing) return this.stop();
    if (calm.matches) return this.step(1);
    if (this.state.at[this.along] === this.axes[this.along].positions - 1) this.go(this.along, 0);
    this.play.textContent = "Pause";
    this.playing = setInterval(() => {
      if (!this.isConnected || !this.axes) return this.stop();
      this.step(1);
      if (this.state.at[this.along] === this.axes[this.along].positions - 1) this.stop();
    }, STEP_MS);
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.play.textContent = "Play";
  }

  // The numbers of the layer that is looked at: its row of the ledger, with the formulas.
  facts() {
    const fact = (name, value) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);
    const row = this.book.rows[this.state.layer];
    if (!row) {
      const { network } = this.state;
      const wrong = this.book.problem.input;
      return [fact("Picture", wrong ? DASH : this.shape(architecture.inputShape(network)))];
    }
    if (!row.output) return [fact("Input", this.shape(row.input)), fact("Output", DASH)];
    const padded = row.macs !== row.macsUnpadded;
    return [
      fact("Input", this.shape(row.input)),
      fact("Size", row.formula),
      fact("Output", this.shape(row.output)),
      fact("Parameters", row.parametersFormula),
      fact("MACs", row.macsFormula),
      fact("MACs, no zeros", padded ? count(row.macsUnpadded) : ""),
      fact("Memory", `${kib(row.bytes)} KiB for one picture`),
    ].filter(Boolean);
  }

  // ---- the tables -----------------------------------------------------------------------------

  drawTable() {
    const { rows, parameters, macs, macsUnpadded, bytes } = this.book;
    const heads = ["layer", "output size", "output", "parameters", "MACs", "KiB"];
    const number = (value, total, written = count(value)) => {
      const share = total ? Number((1000n * value) / total) / 10 : 0;
      return h("td", { class: "wb-number", style: `--share:${share}%` }, written);
    };
    const line = (row, i) => {
      const chosen = i === this.state.layer;
      const name = h("th", { scope: "row" },
        h("button", {
          type: "button", class: `wb-pick wb-${KIND_COLORS[row.kind]}`,
          "aria-pressed": String(chosen), tabindex: "-1", click: () => this.select(i, false),
        }, row.name));
      const attributes = { class: `${chosen ? "wb-chosen-row" : ""}${row.error ? " wb-wrong" : ""}` };
      if (row.error) {
        return h("tr", attributes, name, h("td", { colspan: "5", class: "wb-why" }, h("div", {}, row.error)));
      }
      if (!row.output) {
        return h("tr", attributes, name, ...heads.slice(1).map((_, i) => h("td", { class: i > 1 ? "wb-right" : "" }, DASH)));
      }
      return h("tr", attributes, name,
        h("td", {}, row.formula), h("td", {}, this.shape(row.output)),
        number(row.parameters, parameters), number(row.macs, macs),
        number(row.bytes, null, kib(row.bytes)));
    };
    const total = (value, written = count) => h("td", {}, value === null ? DASH : written(value));
    const had = this.table.contains(document.activeElement);
    this.table.replaceChildren(
      h("caption", {}, `${this.book.name}. MACs: multiply-accumulates on one picture` +
        (macs === null ? "." : `; ${count(macsUnpadded)} without the zeros of the padding.`)),
      h("thead", {}, h("tr", {}, heads.map((head, i) =>
        h("th", { scope: "col", class: i > 2 ? "wb-right" : "" }, head)))),
      h("tbody", {}, ...rows.map(line)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "total"), h("td"), h("td"),
        total(parameters), total(macs), total(bytes, kib))));
    if (had) this.table.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
  }

  // Layer beside layer of the two networks; null where nothing is compared.
  pair() {
    const { other } = this.state;
    if (!other) return null;
    const [one, two] = [this.book, ledger(other)];
    const paired = [];
    const rest = [...two.rows];
    for (const row of one.rows) {
      const at = rest.findIndex((each) => each.name === row.name);
      // What only the other has stands where it stands there.
      if (at >= 0) paired.push(...rest.splice(0, at).map((each) => [null, each]));
      paired.push([row, at >= 0 ? rest.shift() : null]);
    }
    paired.push(...rest.map((each) => [null, each]));
    const value = (row, what, show) => (row?.output ? show(row[what]) : DASH);
    const lines = paired.map(([a, b]) => {
      const cells = COLUMNS.map(([what]) =>
        [a, b].map((row) => value(row, what, what === "output" ? (shape) => this.shape(shape) : count)));
      return { name: (a ?? b).name, cells, differs: cells.some(([left, right]) => left !== right) };
    });
    return { one, two, lines };
  }

  drawComparison() {
    this.comparison.hidden = this.beside.hidden = !this.pairs;
    if (!this.pairs) {
      this.beside.replaceChildren();
      return this.comparison.replaceChildren();
    }
    const { one, two, lines } = this.pairs;
    const names = [one.name, two.name];
    const different = lines.filter((each) => each.differs);
    const said = different.length
      ? `${different.length} of ${lines.length} layers differ (≠)`
      : "the same shapes and counts in every layer";
    const only = different.length < 6 ? different.map((each) => each.name).join(", ") : "";
    this.beside.replaceChildren(
      "Beside ", h("b", {}, two.name), `: ${said}${only ? `: ${only}` : ""}. `,
      ...(two.parameters === null ? []
        : [h("b", {}, count(two.parameters)), " parameters there. "]),
      h("button", {
        type: "button", click: () => {
          this.comparison.scrollIntoView({ block: "center" });
          this.comparison.firstChild.focus({ preventScroll: true });
        },
      }, "To the table"));
    const row = ({ name, cells, differs }) =>
      h("tr", {}, h("th", { scope: "row" }, `${differs ? "≠ " : ""}${name}`),
        ...cells.flatMap(([left, right], column) => [left, right].map((text) =>
          h("td", { class: `${left === right ? "" : "wb-differs"}${column ? " wb-right" : ""}` }, text))));
    const table = h("table", {},
      h("caption", {}, `${names[0]} beside ${names[1]}: ${said}.`),
      h("thead", {},
        h("tr", {}, h("td"), COLUMNS.map(([, head]) => h("th", { scope: "colgroup", colspan: "2" }, head))),
        h("tr", {}, h("th", { scope: "col" }, "layer"), COLUMNS.flatMap(() =>
          names.map((name) => h("th", { scope: "col" }, name))))),
      h("tbody", {}, ...lines.map(row)),
      h("tfoot", {}, this.sums(one, two), this.difference(one, two)));
    this.comparison.replaceChildren(h("div", {
      class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "The two networks compared",
    }, table));
  }

  sums(one, two) {
    const cells = ["parameters", "macs"].flatMap((what) =>
      [one, two].map((book) => h("td", {}, book[what] === null ? DASH : count(book[what]))));
    return h("tr", {}, h("th", { scope: "row" }, "total"), h("td", { colspan: "2" }), ...cells);
  }

  difference(one, two) {
    const between = (what) => {
      if (one[what] === null || two[what] === null) return DASH;
      const by = one[what] - two[what];
      return by > 0n ? `+${count(by)}` : count(by).replace("-", "−");
    };
    return h("tr", {}, h("th", { scope: "row" }, "difference"), h("td", { colspan: "2" }),
      ...["parameters", "macs"].map((what) => h("td", { colspan: "2", class: "wb-right" }, between(what))));
  }

  // ---- out of here ------------------------------------------------------------------------------

  link() {
    return `${this.page ? location.href.split("#")[0] : PAGE}#${encode(this.state)}`;
  }

  json() {
    if (this.book.error) throw new Error(this.book.error);
    return JSON.stringify(architecture.toJson(this.state.network), null, 2);
  }

  async copy(label, what) {
    const thing = label.replace("Copy ", "");
    let content;
    try {
      content = what();
    } catch (error) {
      this.exported.hidden = true;
      this.said.textContent = `No ${thing} of a network that does not fit. ${error.message}`;
      return;
    }
    this.exported.value = content;
    this.exported.hidden = false;
    this.exported.rows = Math.min(24, content.split("\n").length + 1);
    try {
      await navigator.clipboard.writeText(content);
      this.said.textContent = `Copied the ${thing}; here it is too:`;
    } catch {
      this.said.textContent = `The browser does not let this page copy: here is the ${thing}, to copy by hand.`;
      this.exported.focus();
      this.exported.select();
    }
  }
}

customElements.define("alexnet-workbench", Workbench);
