// The element <alexnet-network>: the book's network for photographs, computed in the page. With the
// attribute `page` it is the whole page's, with everything, and its state lives in the address;
// without it, it waits until it is `started`, and shows what fits where it stands; `picture` and
// `layer` say what it starts with. Maps, rows and columns count from 0, as in Keras.
import { follow, h, KIND_COLORS, keepAddress, readAddress, rove } from "../live/base.js";
import { closeCamera, fromAddress, fromFile, openCamera, pixelsOf } from "./pictures.js";
import { PLAN, SAMPLES } from "./plan.js";
import { loadWeights, Runner } from "./runner.js";

const WEIGHTS = new URL("../network/weights.js", import.meta.url).href;
const PAGE = new URL("../../book/network.html", import.meta.url).href;
const { layers, classes } = PLAN;
const SIDE = PLAN.input[0];
const BEST = 5; // maps that are named
const percent = (share) => `${(100 * share).toFixed(share > 0.0995 ? 0 : 1)} %`;
const isMaps = (layer) => layer.output.length === 3;
const nextFrame = () => new Promise(requestAnimationFrame);

// From dark to bright, in 256 steps, each as the four bytes of a pixel: red, green, blue, opaque.
const PALETTE = new Uint32Array(Uint8Array.from(Array.from({ length: 256 }, (_, i) => {
  const [dark, middle, bright] = PLAN.colors;
  const [from, to, share] = i < 128 ? [dark, middle, i / 128] : [middle, bright, (i - 128) / 127];
  return [...from.map((low, c) => Math.round(low + (to[c] - low) * share)), 255];
}).flat()).buffer);

// Paint values: `value(x, y)` from 0 to 1, or null where nothing is.
function paint(canvas, width, height, value) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const share = value(x, y);
      if (share === null) continue;
      pixels[at] = PALETTE[Math.max(0, Math.min(255, Math.round(share * 255)))];
    }
  }
  context.putImageData(image, 0, 0);
}

function paintPixels(canvas, pixels, side) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[3 * i + c];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// Lay a mark over a part of what it lies on, all in shares of its width and height.
function place(mark, left, top, width, height) {
  mark.hidden = false;
  const share = { left, top, width, height };
  for (const [name, value] of Object.entries(share)) mark.style[name] = `${100 * value}%`;
}

let made = 0;

class NetworkInPage extends HTMLElement {
  static observedAttributes = ["started"];

  connectedCallback() {
    if (this.id_) return;
    this.id_ = `nw${++made}`;
    this.classList.add("alexnet-live");
    this.page = this.hasAttribute("page");
    const asked = (all, what) => all.findIndex(({ name }) => name === this.getAttribute(what));
    const picture = SAMPLES[Math.max(0, asked(SAMPLES, "picture"))].name;
    this.state = { picture, layer: Math.max(0, asked(layers, "layer")), map: null, at: null };
    if (this.page) this.start();
  }

  // By live/load.js, at a layer or where the page wants it; a browser may say this first.
  attributeChangedCallback(_, before, layer) {
    this.connectedCallback();
    const index = layers.findIndex(({ name }) => name === layer);
    if (index >= 0) this.state.layer = index;
    if (before === null) this.start(true);
  }

  disconnectedCallback() {
    this.stopCamera();
  }

  async start(focus = false) {
    this.build();
    if (this.page) {
      window.addEventListener("hashchange", () => readAddress() && this.readAddress());
      document.addEventListener("paste", (event) => this.pasted(event));
      this.readAddress();
    } else {
      this.sample(this.state.picture);
    }
    if (focus) this.samples[0].focus();
    await this.load();
  }

  async load() {
    this.say("The weights are on their way …");
    try {
      const bytes = await loadWeights(WEIGHTS);
      this.bytes = bytes;
      this.runner = new Runner(bytes);
    } catch (error) {
      this.say("");
      return this.complain(error.message, h("button", {
        type: "button", click: () => {
          this.hush();
          this.load();
        },
      }, "Try again"));
    }
    this.go();
  }

  // ---- what is there once ------------------------------------------------------------------

  build() {
    const id = this.id_;
    const button = (words, click) => h("button", { type: "button", click }, words);
    this.samples = SAMPLES.map((each) => h("button", {
      type: "button", class: "nw-sample", "aria-pressed": "false", "aria-label": each.words,
      title: each.words, click: () => this.sample(each.name),
    }, h("img", { src: each.picture, alt: "", width: 48, height: 48 })));
    this.file = h("input", {
      type: "file", accept: "image/*", hidden: true, "aria-label": "A picture of yours",
      change: () => {
        this.own(this.file.files[0]);
        this.file.value = "";
      },
    });
    this.cameraButton = button("Camera", () => this.toggleCamera());
    this.notice = h("p", { class: "wb-notice", role: "status", hidden: true });
    this.canvas = h("canvas", { role: "img", class: "lp-drag" });
    follow(this.canvas, (event) => this.pointed(event));
    this.field = h("span", { class: "nw-field", hidden: true });
    this.caption = h("p", { class: "nw-caption" });
    this.answers = classes.map((name) => {
      const bar = h("span", { class: "nw-bar" });
      const share = h("span", { class: "nw-share" });
      return { bar, share, row: h("li", {}, h("span", { class: "nw-class" }, name), bar, share) };
    });
    this.boxes = layers.map((layer, i) => h("button", {
      type: "button", class: `wb-box wb-${KIND_COLORS[layer.kind]}`, "aria-pressed": "false",
      tabindex: "-1", click: () => this.select(i),
    },
    h("canvas", { "aria-hidden": "true", width: 1, height: 1 }),
    h("span", { class: "wb-name" }, layer.name),
    h("span", { class: "wb-size" }, isMaps(layer)
      ? `${layer.output[0]}²·${layer.output[2]}` : String(layer.output[0]))));
    this.strip = h("div", {
      class: "wb-strip nw-strip", role: "group",
      "aria-label": "The layers, each with its strongest map. Arrow keys go from layer to layer.",
      keydown: (event) => {
        const to = rove(event, this.state.layer, 0, layers.length - 1);
        if (to === null) return;
        this.select(to);
        this.boxes[to].focus();
      },
    }, this.boxes);
    this.legend = h("legend");
    this.map = h("canvas", { role: "img", class: "lp-drag" });
    follow(this.map, (event) => this.hit(event));
    this.mark = h("span", { class: "nw-mark", hidden: true });
    this.sliders = Object.fromEntries(["map", "row", "column"].map((name) => [name, h("input", {
      id: `${id}-${name}`, type: "range", min: 0, max: 0, step: 1,
      input: () => this.slid(name),
    })]));
    this.labels = {};
    const slider = (name, label) => h("div", { class: "wb-slider" },
      (this.labels[name] = h("label", { for: `${id}-${name}` }, label)), this.sliders[name]);
    this.sentence = h("p", { class: "nw-sentence" });
    this.filter = h("canvas", { role: "img", class: "nw-filter" });
    this.filterBox = h("div", { class: "nw-filter-box", hidden: true }, this.filter,
      h("span", {}, "the filter that made it"));
    this.follow = button("Follow the strongest", () => {
      Object.assign(this.state, { map: null, at: null });
      this.render();
    });
    this.best = h("div", { class: "nw-best", role: "group", "aria-label": "The strongest maps" });
    this.tiles = h("canvas", { role: "img", click: (event) => this.chosenTile(event) });
    this.tile = h("span", { class: "nw-mark", hidden: true });
    this.scale = h("p", { class: "nw-caption" });
    this.timing = h("p", { class: "nw-caption" });
    this.live = h("p", { class: "wb-hidden", "aria-live": "polite" });
    const open = [
      button("Open a picture", () => this.file.click()), this.file, this.cameraButton,
      h("span", { class: "nw-hint" }, "or drop one here, or paste it. It stays on this computer."),
    ];
    const controls = h("div", { class: "nw-controls" }, slider("map", "Map"), slider("row", "Row"),
      slider("column", "Column"), this.sentence, h("p", {}, this.follow), this.filterBox);
    const one = h("div", { class: "nw-one" },
      h("div", { class: "nw-map" }, this.map, this.mark), controls);
    const all = [
      h("p", { class: "nw-caption" }, "The strongest:"), this.best,
      h("div", { class: "nw-tiles" }, this.tiles, this.tile), this.scale,
    ];
    this.replaceChildren(
      h("div", { class: "nw-sources", role: "group", "aria-label": "The picture" },
        this.samples, this.page ? open : null),
      this.notice,
      h("div", { class: "nw-desk" },
        h("div", {}, h("div", { class: "nw-picture" }, this.canvas, this.field), this.caption),
        h("ul", { class: "nw-answers", "aria-label": "What the network answers" },
          this.answers.map((each) => each.row))),
      this.strip,
      h("fieldset", { class: "nw-layer" }, this.legend, one, this.page ? all : null),
      this.timing,
      this.page ? "" : h("p", { class: "nw-caption" }, h("a", { href: PAGE },
        "Your own picture, the camera, and every map of every layer")),
      this.live,
    );
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      if (this.page) this.own(event.dataTransfer.files[0]);
    });
  }

  // ---- the picture ---------------------------------------------------------------------------

  async sample(name) {
    this.stopCamera();
    this.hush();
    const found = SAMPLES.find((each) => each.name === name);
    this.state.picture = found.name;
    const pixels = await fromAddress(found.picture, found.words);
    this.show(pixels, `Drawn for this book: ${found.words}`);
  }

  async own(file) {
    if (!file) return this.complain("There was no picture in what was given, only text or a link.");
    this.stopCamera();
    this.hush();
    try {
      const pixels = await fromFile(file);
      this.state.picture = null;
      this.show(pixels, "Your picture");
    } catch (error) {
      this.complain(error.message);
    }
  }

  pasted(event) {
    const file = [...event.clipboardData.files][0];
    if (file) this.own(file);
  }

  async toggleCamera() {
    if (this.video) return this.stopCamera();
    this.hush();
    let video;
    try {
      video = await openCamera();
    } catch (error) {
      return this.complain(error.message);
    }
    this.video = video;
    this.state.picture = null;
    this.cameraButton.textContent = "Stop the camera";
    this.rate = null;
    this.go();
  }

  stopCamera() {
    if (!this.video) return;
    closeCamera(this.video);
    this.video = null;
    this.cameraButton.textContent = "Camera";
  }

  // Compute a picture; of several that wait, the last.
  show(pixels, words) {
    this.waiting = { pixels, words };
    this.go();
  }

  // What is computed next: what waits, else what the camera sees.
  next() {
    const { video, waiting } = this;
    this.waiting = null;
    if (waiting || !video) return waiting;
    return { pixels: pixelsOf(video, video.videoWidth, video.videoHeight), words: "Your camera" };
  }

  async go() {
    if (this.busy || !this.runner) return; // until the weights are there
    this.busy = true;
    try {
      await this.work();
    } finally {
      this.busy = false;
    }
    if (this.waiting) this.go(); // it came in the last moment
  }

  async work() {
    let before = performance.now();
    let job = this.next();
    let answer = job && this.runner.run(job.pixels);
    while (job) {
      const result = { ...job, ...(await answer) };
      job = this.next();
      answer = job && this.runner.run(job.pixels); // meanwhile this one is drawn
      this.result = result;
      const now = performance.now();
      this.rate = 0.8 * (this.rate ?? now - before) + 0.2 * (now - before);
      before = now;
      if (!this.video) this.lightUp();
      this.render();
      if (job) await nextFrame();
    }
  }

  // Layer after layer, where motion is welcome.
  lightUp() {
    this.strip.classList.remove("nw-lights");
    void this.strip.offsetWidth; // so that it begins again
    this.strip.classList.add("nw-lights");
  }

  // ---- choosing -------------------------------------------------------------------------------

  select(index) {
    Object.assign(this.state, { layer: index, map: null, at: null });
    this.render();
  }

  get layer() {
    return layers[this.state.layer];
  }

  // Where a pointer is, in places of what the element shows.
  at(event, columns, rows) {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const y = Math.floor(((event.clientY - box.top) / box.height) * rows);
    return [Math.max(0, Math.min(y, rows - 1)), Math.max(0, Math.min(x, columns - 1))];
  }

  hit(event) {
    if (!this.shown) return;
    const { layer } = this;
    if (isMaps(layer)) this.pick(this.shown.map, this.at(event, layer.output[1], layer.output[0]));
    else this.chosenTile(event);
  }

  // The unit whose window lies around the pixel that was clicked.
  pointed(event) {
    const { layer } = this;
    if (!this.shown || !isMaps(layer)) return;
    const nearest = (ends, pixel) => ends
      .map(([first, last], i) => [Math.abs((first + last) / 2 - pixel), i])
      .reduce((a, b) => (b[0] < a[0] ? b : a))[1];
    const [row, column] = this.at(event, SIDE, SIDE);
    this.pick(this.shown.map, [nearest(layer.rows, row), nearest(layer.columns, column)]);
  }

  chosenTile(event) {
    if (!this.shown) return;
    const { columns, rows, maps } = this.grid();
    const [row, column] = this.at(event, columns, rows);
    const map = row * columns + column;
    if (map < maps) this.pick(map, null);
  }

  pick(map, at) {
    const { state } = this;
    if (map === state.map && String(at) === String(state.at)) return; // a drag within one unit
    Object.assign(this.state, { map, at });
    this.render();
  }

  slid(name) {
    const value = Number(this.sliders[name].value);
    if (name === "map") return this.pick(value, null);
    const { map, at } = this.shown;
    this.pick(map, name === "row" ? [value, at[1]] : [at[0], value]);
  }

  // ---- showing ---------------------------------------------------------------------------------

  render() {
    if (!this.result) return;
    this.found = layers.map((layer, i) => this.peaks(layer, this.result.outputs[i]));
    this.drawAnswers();
    this.drawStrip();
    this.drawLayer();
    this.drawPicture();
    this.tell();
    if (this.page) keepAddress(this.written());
  }

  // Of each map the largest value and where it is, and the maps in the order of these.
  peaks(layer, output) {
    const maps = layer.output.at(-1);
    const values = new Float32Array(maps).fill(-Infinity);
    const at = new Int32Array(maps);
    for (let i = 0, map = 0; i < output.length; i++) {
      if (output[i] > values[map]) {
        values[map] = output[i];
        at[map] = (i - map) / maps;
      }
      if (++map === maps) map = 0;
    }
    const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
    return { values, at, order, most: Math.max(values[order[0]], 1e-9) };
  }

  drawAnswers() {
    const probabilities = this.result.outputs.at(-1);
    const likely = this.found.at(-1).order[0];
    this.answers.forEach(({ bar, share, row }, i) => {
      bar.style.setProperty("--share", `${100 * probabilities[i]}%`);
      share.textContent = percent(probabilities[i]);
      row.classList.toggle("nw-likely", i === likely);
    });
  }

  drawStrip() {
    const had = this.strip.contains(document.activeElement);
    layers.forEach((layer, i) => {
      const box = this.boxes[i];
      const { order, most } = this.found[i];
      this.paintMap(box.firstChild, layer, this.result.outputs[i], order[0], most);
      box.style.setProperty("--place", i);
      const chosen = i === this.state.layer;
      box.setAttribute("aria-pressed", String(chosen));
      box.tabIndex = chosen ? 0 : -1;
    });
    if (had) return;
    const chosen = this.boxes[this.state.layer];
    const { scrollLeft, clientWidth } = this.strip;
    const right = chosen.offsetLeft + chosen.offsetWidth;
    if (chosen.offsetLeft < scrollLeft || right > scrollLeft + clientWidth) {
      this.strip.scrollLeft = chosen.offsetLeft - clientWidth / 2;
    }
  }

  // One map; of a dense layer all units, in rows.
  paintMap(canvas, layer, output, map, most) {
    const maps = layer.output.at(-1);
    if (isMaps(layer)) {
      const [rows, columns] = layer.output;
      return paint(canvas, columns, rows, (x, y) => output[(y * columns + x) * maps + map] / most);
    }
    const { columns, rows } = this.grid(layer);
    return paint(canvas, columns, rows, (x, y) => output[y * columns + x] / most);
  }

  // How the maps or units of a layer lie beside each other.
  grid(layer = this.layer) {
    const maps = layer.output.at(-1);
    let columns = this.clientWidth < 520 || maps < 64 ? 12 : 16;
    if (!isMaps(layer)) columns = maps < 16 ? maps : 16;
    return { maps, columns, rows: Math.ceil(maps / columns) };
  }

  drawLayer() {
    const { layer, state } = this;
    const output = this.result.outputs[state.layer];
    const found = this.found[state.layer];
    const map = state.map ?? found.order[0];
    const maps = layer.output.at(-1);
    const [rows, columns] = isMaps(layer) ? layer.output : [1, 1];
    const peak = [Math.floor(found.at[map] / columns), found.at[map] % columns];
    const at = state.at ?? peak;
    const value = isMaps(layer) ? output[(at[0] * columns + at[1]) * maps + map] : output[map];
    this.shown = { map, at, value };
    const what = isMaps(layer) ? "map" : "unit";
    this.legend.textContent = isMaps(layer)
      ? `${layer.name}: ${maps} maps of ${rows} × ${columns}`
      : `${layer.name}: ${maps} units`;
    this.labels.map.textContent = isMaps(layer) ? "Map" : "Unit";
    const sizes = { map: [maps, map], row: [rows, at[0]], column: [columns, at[1]] };
    for (const [name, [most, now]] of Object.entries(sizes)) {
      this.sliders[name].max = most - 1;
      this.sliders[name].value = now;
      this.sliders[name].setAttribute("aria-valuetext", `${now}, the last is ${most - 1}`);
    }
    for (const name of ["row", "column"]) this.sliders[name].parentElement.hidden = !isMaps(layer);
    this.paintMap(this.map, layer, output, map, found.most);
    const inGrid = this.grid();
    const cell = isMaps(layer)
      ? [at[1] / columns, at[0] / rows, 1 / columns, 1 / rows]
      : [(map % inGrid.columns) / inGrid.columns, Math.floor(map / inGrid.columns) / inGrid.rows,
        1 / inGrid.columns, 1 / inGrid.rows];
    place(this.mark, ...cell);
    const sentence = this.words();
    this.sentence.textContent = sentence;
    this.map.setAttribute("aria-label", sentence);
    this.follow.disabled = state.map === null && state.at === null;
    this.drawFilter(map);
    if (!this.page) return;
    this.drawBest(found, what);
    this.tiles.parentElement.hidden = !isMaps(layer); // a dense layer is one map already
    if (isMaps(layer)) this.drawTiles(layer, output, found, map);
    const dark = found.values.filter((peak) => peak === 0).length;
    this.scale.textContent =
      `All ${maps} ${what}s on one scale: dark is 0, bright is ${found.most.toFixed(2)}.` +
      (dark ? ` ${dark} of the ${maps} are dark everywhere.` : "");
  }

  // The unit that is looked at, in words.
  words() {
    const { layer } = this;
    const { map, at, value } = this.shown;
    if (layer.activation === "softmax") {
      return `Unit ${map} is ${classes[map]}: ${percent(value)}.`;
    }
    if (!isMaps(layer)) {
      return `Unit ${map} is ${value.toFixed(2)}. It depends on the whole picture.`;
    }
    const [rows, columns] = [layer.rows[at[0]], layer.columns[at[1]]];
    const size = [rows, columns].map(([first, last]) => last - first + 1).join(" × ");
    return `Row ${at[0]}, column ${at[1]} of map ${map} is ${value.toFixed(2)}. It ` +
      `depends on ${size} pixels of the picture: rows ${rows.join(" to ")}, columns ` +
      `${columns.join(" to ")}.`;
  }

  // The weights of a first filter are colors, so they can be looked at.
  drawFilter(map) {
    const { layer } = this;
    const first = this.state.layer === 0;
    this.filterBox.hidden = !first;
    if (!first) return;
    const maps = layer.output[2];
    const side = layer.window[0];
    const kernel = new Int8Array(this.bytes, PLAN.floats * 4, side * layer.window[1] * 3 * maps);
    const bytes = Array.from({ length: side * side * 3 }, (_, i) => 127.5 + kernel[i * maps + map]);
    paintPixels(this.filter, bytes, side);
    this.filter.setAttribute("aria-label", `The ${side} × ${side} weights of filter ${map}, as ` +
      "colors; gray is 0");
  }

  drawBest(found, what) {
    const best = found.order.slice(0, Math.min(BEST, found.order.length));
    while (this.best.children.length < best.length) {
      const made = h("button", {
        type: "button", click: () => this.pick(Number(made.dataset.map), null),
      }, h("canvas", { "aria-hidden": "true" }), h("span"));
      this.best.append(made);
    }
    best.forEach((map, i) => {
      const button = this.best.children[i];
      const { layer } = this;
      button.dataset.map = map;
      button.firstChild.hidden = !isMaps(layer);
      if (isMaps(layer)) {
        this.paintMap(button.firstChild, layer, this.result.outputs[this.state.layer], map, found.most);
      }
      const name = layer.activation === "softmax" ? classes[map] : `${what} ${map}`;
      button.lastChild.textContent = `${name}: ${found.values[map].toFixed(2)}`;
    });
  }

  drawTiles(layer, output, found, map) {
    const { columns, rows, maps } = this.grid();
    const [high, wide] = isMaps(layer) ? layer.output : [1, 1];
    const [down, across] = [high + 1, wide + 1]; // with a gap between two
    paint(this.tiles, columns * across - 1, rows * down - 1, (x, y) => {
      const tile = Math.floor(y / down) * columns + Math.floor(x / across);
      const [i, j] = [y % down, x % across];
      if (tile >= maps || i === high || j === wide) return null;
      return output[(i * wide + j) * maps + tile] / found.most;
    });
    this.tiles.setAttribute("aria-label", `All outputs of ${layer.name} beside each other`);
    place(this.tile, (map % columns) / columns, Math.floor(map / columns) / rows, 1 / columns,
      1 / rows);
  }

  drawPicture() {
    const { layer } = this;
    const { at } = this.shown;
    paintPixels(this.canvas, this.result.pixels, SIDE);
    const whole = [0, SIDE - 1];
    const [rows, columns] = isMaps(layer) ? [layer.rows[at[0]], layer.columns[at[1]]] : [whole, whole];
    place(this.field, columns[0] / SIDE, rows[0] / SIDE, (columns[1] - columns[0] + 1) / SIDE,
      (rows[1] - rows[0] + 1) / SIDE);
    this.caption.textContent = `${this.result.words}, as the network reads it: ${SIDE} × ${SIDE} ` +
      "pixels. The frame is what the chosen value depends on.";
    this.canvas.setAttribute("aria-label", `${this.result.words}, ${SIDE} × ${SIDE} pixels.`);
    this.samples.forEach((button, i) =>
      button.setAttribute("aria-pressed", String(SAMPLES[i].name === this.state.picture)));
  }

  tell() {
    const { ms, products } = this.result;
    const million = (number) => Math.round(number / 1e6);
    const rate = this.video && this.rate ? `${Math.round(1000 / this.rate)} pictures a second; ` : "";
    this.say(`${rate}${Math.round(ms)} ms${this.runner.worker ? "" : ", without a worker"}. ` +
      `${million(products)} of ${million(PLAN.macs)} million products: the others have a factor 0.`);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const likely = this.found.at(-1).order[0];
      const said = `${classes[likely]}, ${percent(this.result.outputs.at(-1)[likely])}. ` +
        `${this.layer.name}: ${this.sentence.textContent}`;
      if (said !== this.live.textContent) this.live.textContent = said;
    }, 700);
  }

  say(words) {
    if (this.timing.textContent !== words) this.timing.textContent = words;
  }

  complain(words, ...more) {
    this.notice.replaceChildren(`${words} `, ...more);
    this.notice.hidden = false;
  }

  hush() {
    this.notice.hidden = true;
    this.notice.replaceChildren();
  }

  // ---- the address ------------------------------------------------------------------------------

  written() {
    const { picture, map, at } = this.state;
    const said = new URLSearchParams({ layer: this.layer.name });
    if (picture) said.set("picture", picture);
    if (map !== null) said.set("map", map);
    if (at) said.set("at", at.join("."));
    return said.toString();
  }

  readAddress() {
    const said = new URLSearchParams(readAddress() ?? "");
    const wrong = [];
    Object.assign(this.state, { map: null, at: null });
    if (said.has("picture")) {
      const name = said.get("picture");
      if (SAMPLES.some((each) => each.name === name)) this.state.picture = name;
      else wrong.push(`there is no picture '${name}'`);
    }
    this.state.picture ??= SAMPLES[0].name;
    if (said.has("layer")) {
      const index = layers.findIndex(({ name }) => name === said.get("layer"));
      if (index >= 0) this.state.layer = index;
      else wrong.push(`the network has no layer '${said.get("layer")}'`);
    }
    const { output } = this.layer;
    const whole = (text, count) => /^\d+$/.test(text) && Number(text) < count;
    if (said.has("map")) {
      if (whole(said.get("map"), output.at(-1))) this.state.map = Number(said.get("map"));
      else wrong.push(`${this.layer.name} has no map '${said.get("map")}'`);
    }
    if (said.has("at") && this.state.map !== null && isMaps(this.layer)) {
      const places = said.get("at").split(".");
      if (places.length === 2 && places.every((text, i) => whole(text, output[i]))) {
        this.state.at = places.map(Number);
      } else wrong.push(`its maps have no place '${said.get("at")}'`);
    }
    this.sample(this.state.picture);
    if (wrong.length) this.complain(`This link could not be read in full: ${wrong.join("; ")}.`);
  }
}

customElements.define("alexnet-network", NetworkInPage);
