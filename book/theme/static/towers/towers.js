// The element <alexnet-towers>: the network of 2012 on two cards, and what crosses between them.
import { count, svg } from "../live/base.js";
import { drawing, paint, Panel, path, text } from "../live/panel.js";
import { CUT, split } from "./cards.js";

const HEIGHT = 236;
const IN_2012 = ["conv3", "fc6", "fc7"];

class Towers extends Panel {
  static title = "Two towers";

  static controls = CUT.map((name) => ({
    name, label: name, values: ["own", "both"], start: IN_2012.includes(name) ? "both" : "own",
    said: (value) => ({ own: "its own card", both: "both cards" })[value],
  }));

  buttons() {
    const as = (names) => () =>
      this.set(Object.fromEntries(CUT.map((name) => [name, names.includes(name) ? "both" : "own"])));
    return [["As in 2012", as(IN_2012)], ["Never", as([])], ["Always", as(CUT)]];
  }

  draw(width) {
    this.layers = split(CUT.filter((name) => this.state[name] === "both"));
    const step = width / this.layers.length;
    const box = Math.min(46, step - 8);
    const [upper, lower] = [44, 128];
    const center = (i) => (i + 0.5) * step;
    const parts = this.layers.flatMap(({ name, whole, reached, crosses }, i) => {
      const lines = [];
      if (i) {
        const [from, to] = [center(i - 1) + box / 2, center(i) - box / 2];
        for (const y of [upper, lower]) {
          const alone = name === "fc8" && y === lower;
          if (!alone) lines.push(path([[from, y + 20], [to, y + 20]], { stroke: paint.gray }));
        }
        if (whole) {
          lines.push(path([[from, lower + 20], [to, upper + 20]], { stroke: paint.orange }));
          if (name !== "fc8") lines.push(path([[from, upper + 20], [to, lower + 20]], { stroke: paint.orange }));
        }
      }
      const boxes = [upper, lower].flatMap((y, card) => {
        if (name === "fc8" && card) return [];
        const changed = card === 0 || reached;
        return [svg("rect", {
          x: center(i) - box / 2, y, width: box, height: 40, rx: 4, "stroke-width": 2,
          stroke: changed ? paint.orange : paint.gray, fill: changed ? paint.orange : paint.page,
          "fill-opacity": changed ? 0.3 : 1,
        })];
      });
      return [...lines, ...boxes,
        text(center(i), 34, name, { "text-anchor": "middle", "font-size": 11 }),
        text(center(i), 190, CUT.includes(name) ? short(crosses) : "–", {
          "text-anchor": "middle", "font-size": 11, "font-weight": crosses ? 700 : 400,
        })];
    });
    const both = CUT.filter((name) => this.state[name] === "both");
    return drawing(width, HEIGHT, "Two rows of layers, card 1 above, card 2 below. Layers that read " +
      `both cards: ${[...both, "fc8"].join(", ")}. ${this.notice()}`,
    text(2, 14, "card 1 (above), card 2 (below)"), ...parts,
    text(2, 212, "numbers that one card gets from the other, for each picture", { "font-size": 11 }),
    text(2, 230, "filled: notices a change in the maps of conv1 on card 1", { "font-size": 11 }));
  }

  notice() {
    const first = this.layers.find(({ reached }) => reached);
    return first ? `A change on card 1 is first noticed on card 2 in ${first.name}.`
      : "Card 2 never notices a change on card 1: only fc8 brings the two networks together.";
  }

  tell() {
    const sum = (key) => this.layers.reduce((total, layer) => total + layer[key], 0);
    const [crosses, could] = [sum("crosses"), sum("could")];
    return [
      `For each picture, ${count(crosses)} numbers go from each card to the other, of ` +
        `${count(could)} that could (${Math.round((100 * crosses) / could)} %). In training, as many ` +
        "gradients go back. (fc8 is not counted: it was computed on one card alone.)",
      this.notice(),
      `The network has ${count(sum("parameters"))} parameters.`,
    ];
  }
}

const short = (number) => (number >= 10000 ? `${Math.round(number / 1000)}k` : count(number));

customElements.define("alexnet-towers", Towers);
