// What a link holds: the network, the layer looked at, the window, a second network. In the
// address after "#", as net=alexnet-2012&layer=conv1; an edited network is its JSON in base64url.
import { fromJson, toJson } from "./architecture.js";
import { PRESETS } from "./presets.js";

const FIRST = Object.keys(PRESETS)[0];

const KEYS = ["net", "layer", "at", "compare", "data_format"];

export const preset = (name) => fromJson(structuredClone(PRESETS[name]));

const written = (network) => JSON.stringify(toJson(network));

export function presetName(network) {
  const { name } = network;
  return Object.hasOwn(PRESETS, name) && written(network) === written(preset(name)) ? name : null;
}

function encodeNetwork(network) {
  const name = presetName(network);
  if (name) return name;
  const bytes = new TextEncoder().encode(written(network));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return "~" + base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeNetwork(text) {
  if (!text.startsWith("~")) {
    if (Object.hasOwn(PRESETS, text)) return preset(text);
    const known = Object.keys(PRESETS).join(", ");
    throw new Error(`unknown variant '${text}'. Known variants: ${known}.`);
  }
  let data;
  try {
    const binary = atob(text.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("its network is cut off or damaged.");
  }
  return fromJson(data);
}

export function fresh(network = preset(FIRST)) {
  return { network, layer: 0, at: [0, 0], other: null, dataFormat: "channels_last" };
}

export function encode({ network, layer, at, other, dataFormat }) {
  const said = new URLSearchParams({ net: encodeNetwork(network) });
  said.set("layer", layer < 0 ? "input" : (network.layers[layer]?.name ?? "input"));
  if (at[0] || at[1]) said.set("at", at.join("."));
  if (other) said.set("compare", encodeNetwork(other));
  if (dataFormat !== "channels_last") said.set("data_format", dataFormat);
  return said.toString();
}

// Read a link: {state, notice}. What cannot be read is replaced, and the notice says so.
export function decode(text) {
  const said = new URLSearchParams(text);
  const state = fresh();
  const wrong = [];
  const attempt = (what) => {
    try {
      what();
    } catch (error) {
      wrong.push(error.message);
    }
  };
  attempt(() => {
    state.network = decodeNetwork(said.get("net") ?? FIRST);
  });
  const lost = wrong.length > 0;
  if (lost) wrong[0] += ` Here is ${FIRST} instead.`;
  const unknown = [...new Set(said.keys())].filter((key) => !KEYS.includes(key));
  if (unknown.length) {
    wrong.push(`unknown: ${unknown.join(", ")}. A link has ${KEYS.join(", ")}.`);
  }
  const layer = said.get("layer");
  if (layer !== null) {
    const index = state.network.layers.findIndex(({ name }) => name === layer);
    if (index >= 0 || layer === "input") state.layer = index;
    else if (!lost) wrong.push(`${state.network.name} has no layer '${layer}'.`);
  }
  if (said.has("at")) {
    const at = said.get("at").split(".").map(Number);
    if (at.length === 2 && at.every((place) => Number.isSafeInteger(place) && place >= 0)) {
      state.at = at;
    } else wrong.push(`at=${said.get("at")} is no place; one is row.column, as at=3.4.`);
  }
  if (said.has("compare")) {
    attempt(() => {
      state.other = decodeNetwork(said.get("compare"));
    });
  }
  const format = said.get("data_format") ?? "channels_last";
  if (["channels_first", "channels_last"].includes(format)) state.dataFormat = format;
  else wrong.push(`data_format=${format}; known are channels_last, channels_first.`);
  const notice = wrong.length ? `This link could not be read in full: ${wrong.join(" ")}` : "";
  return { state, notice };
}
