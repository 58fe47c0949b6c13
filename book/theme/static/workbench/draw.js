// The pictures: boxes of the network, the windows on one line of pixels, the window on the map.

import { svg } from "../live/base.js";

function picture(width, height, alt, children) {
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": alt },
    ...children,
  );
}

const rect = (x, y, width, height, name) => svg("rect", { x, y, width, height, class: name });
const text = (x, y, words, name = "", anchor = "middle") =>
  svg("text", { x, y, class: name, "text-anchor": anchor }, words);
const line = (x1, y1, x2, y2, name) => svg("line", { x1, y1, x2, y2, class: name });

const BOX = 130;

// ---- the network --------------------------------------------------------------------------

const scaled = (number, unit, most) => Math.max(3, Math.min(Math.sqrt(number) * unit, most));

// One layer's output as a box: height and depth from the maps' size, width from the channels.
export function box(shape) {
  if (!shape) {
    const parts = [rect(7.5, BOX - 36.5, 22, 30, "wb-nothing"), text(18.5, BOX - 17, "?")];
    const size = { viewBox: `0 0 37 ${BOX}`, width: 37, height: BOX };
    return svg("svg", { ...size, "aria-hidden": "true" }, ...parts);
  }
  const maps = shape.length === 3;
  const height = scaled(shape[0], maps ? 6.2 : 1.15, 104);
  const depth = maps ? scaled(shape[1], 6.2, 104) * 0.24 : 3;
  const width = maps ? scaled(shape[2], 1.15, 34) : 6;
  const whole = Math.max(36, width + depth + 4);
  const x = (whole - width - depth) / 2;
  const y = BOX - 3 - height;
  const top = `${x},${y} ${x + depth},${y - depth * 0.8} ${x + width + depth},${y - depth * 0.8} ` +
    `${x + width},${y}`;
  const side = `${x + width},${y} ${x + width + depth},${y - depth * 0.8} ` +
    `${x + width + depth},${y + height - depth * 0.8} ${x + width},${y + height}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${whole} ${BOX}`, width: whole, height: BOX, "aria-hidden": "true" },
    svg("polygon", { points: top, class: "wb-face wb-top" }),
    svg("polygon", { points: side, class: "wb-face wb-side" }),
    rect(x, y, width, height, "wb-face"),
  );
}

const LANES = 6; // of windows under each other
const DIGIT = 6.6; // pixels of one, as wide as it gets

// ---- windows on one line -------------------------------------------------------------------

const pixels = (first, last) => (first === last ? `pixel ${first}` : `pixels ${first} to ${last}`);
const several = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
const NO_SIGNS = { zeros: "", unread: "" };
const SIGNS = { zeros: " (dotted)", unread: " (crossed out)" };

// Where one window lies and what it reads, in words.
export function windowText(axis, index, pool) {
  const start = index * axis.strides - axis.before;
  const end = start + axis.kernel - 1;
  const first = Math.max(start, 0);
  const last = Math.min(end, axis.size - 1);
  const zeros = pool ? "place" : "zero";
  const early = Math.min(Math.max(-start, 0), axis.kernel);
  const late = Math.min(Math.max(end - axis.size + 1, 0), axis.kernel);
  const parts = [first <= last ? `reads ${pixels(first, last)}` : "reads no pixel"];
  if (early) parts.push(`${several(early, zeros)} before the first`);
  if (late) parts.push(`${several(late, zeros)} past the edge`);
  return `Window ${index + 1} of ${axis.positions} ${parts.join(", ").replace(/, ([^,]*)$/, " and $1")}.`;
}

// What becomes of the ends of the line; with the signs that the drawing has for it.
export function edgeText(axis, pool, signs = SIGNS) {
  const zeros = pool ? "empty place" : "zero";
  const parts = [];
  if (axis.before) parts.push(`${several(axis.before, zeros)}${signs.zeros} before the first pixel`);
  if (axis.after) {
    const which = axis.extra === axis.after ? "" : `${axis.extra} of them `;
    const extra = axis.extra ? `, ${which}because the size is rounded up` : "";
    parts.push(`${several(axis.after, zeros)}${signs.zeros} after the last${extra}`);
  }
  if (axis.unread) {
    const which = axis.unread === 1 ? "pixel is" : `${axis.unread} pixels are`;
    parts.push(`the last ${which} never read${signs.unread}`);
  }
  return parts.length ? `${parts.join("; ")}.` : "every pixel is read, and nothing is added.";
}

// Stretches of the line that are drawn, and the windows drawn on them; null where even the ends
// and the window itself do not fit.
function stretches(axis, index, room) {
  const { size, kernel, strides, before, after, positions } = axis;
  const start = (i) => i * strides - before;
  const end = size + after;
  if (end + before <= room) {
    const all = Array.from({ length: positions }, (_, i) => i);
    return { spans: [[-before, end]], shown: all };
  }
  for (const ends of [3, 2, 1]) {
    const few = Math.min(ends, positions);
    const wanted = [
      [-before, start(few - 1) + kernel],
      [Math.max(start(index) - 2, -before), Math.min(start(index) + kernel + 2, end)],
      [start(positions - few), end],
    ].sort((a, b) => a[0] - b[0]);
    const spans = [];
    for (const [from, to] of wanted) {
      const last = spans.at(-1);
      if (last && from <= last[1] + 2) last[1] = Math.max(last[1], to);
      else spans.push([from, to]);
    }
    const cells = spans.reduce((total, [from, to]) => total + to - from, 3 * (spans.length - 1));
    if (cells <= room) {
      const shown = new Set([index]);
      for (let i = 0; i < few; i++) shown.add(i).add(positions - 1 - i);
      return { spans, shown: [...shown].sort((a, b) => a - b) };
    }
  }
  return null;
}

// The line of pixels with its windows; the window `index` stands out.
export function strip(axis, index, pool, available) {
  const alt = `${windowText(axis, index, pool)} Of the whole line: ${edgeText(axis, pool, NO_SIGNS)}`;
  const found = stretches(axis, index, Math.min(72, Math.floor(available / 8)));
  return found ? cells(axis, index, pool, available, found, alt) : bar(axis, index, available, alt);
}

function cells(axis, index, pool, available, { spans, shown }, alt) {
  const { size, kernel, strides, before, unread, positions } = axis;
  const start = (i) => i * strides - before;
  const total = spans.reduce((sum, [from, to]) => sum + to - from, 3 * (spans.length - 1));
  const unit = Math.min(22, (available - 4) / total);
  const top = 18;
  const high = Math.min(unit, 18);
  const parts = [];
  const place = new Map();
  let x = 2;
  spans.forEach(([from, to], number) => {
    if (number) {
      parts.push(text(x + unit * 1.5, top + high * 0.7, "· · ·"));
      x += unit * 3;
    }
    for (let pixel = from; pixel < to; pixel++, x += unit) {
      place.set(pixel, x);
      const inside = pixel >= start(index) && pixel < start(index) + kernel;
      const kind =
        pixel < 0 || pixel >= size ? "wb-zero" : pixel >= size - unread ? "wb-unread" : "wb-pixel";
      parts.push(rect(x + 0.5, top, unit - 1, high, `${kind}${inside ? " wb-read" : ""}`));
      if (kind === "wb-zero" && unit >= 10) {
        parts.push(text(x + unit / 2, top + high * 0.5 + 4, pool ? "–" : "0"));
      }
      if (kind === "wb-unread") {
        parts.push(line(x + 2, top + 1.5, x + unit - 2, top + high - 1.5, "wb-cross"));
        parts.push(line(x + unit - 2, top + 1.5, x + 2, top + high - 1.5, "wb-cross"));
      }
    }
  });
  // Where the picture begins and ends.
  for (const [pixel, edge] of [[0, 0], [size - 1, unit]]) {
    if (place.has(pixel)) {
      const at = place.get(pixel) + edge;
      parts.push(line(at, top - 5, at, top + high + 5, "wb-edge"));
    }
  }
  // Numbers of the pixels: the ends of the picture, and of the window that stands out.
  const first = Math.max(start(index), 0);
  const last = Math.min(start(index) + kernel - 1, size - 1);
  const taken = [];
  const numbers = [[first, "wb-now"], [last, "wb-now"], [0, ""], [size - 1, ""]];
  for (const [pixel, name] of first <= last ? numbers : numbers.slice(2)) {
    const at = place.get(pixel) + unit / 2;
    const half = (DIGIT * String(pixel).length) / 2 + 2;
    if (!place.has(pixel) || taken.some(([x, w]) => Math.abs(x - at) < w + half)) continue;
    taken.push([at, half]);
    parts.push(text(Math.max(at, half), top - 7, String(pixel), name));
  }
  // The windows below, so that neighbors that overlap lie under each other.
  const tall = 13;
  const each = Math.ceil(kernel / strides / LANES); // where too many overlap, not every one
  const drawn = [];
  for (const i of shown.filter((i) => (i - index) % each === 0)) {
    const left = place.get(start(i));
    let lane = 0;
    while (drawn[lane] > left + 1) lane++; // the first that is free at this place
    drawn[lane] = left + kernel * unit;
    const y = top + high + 8 + lane * (tall + 3);
    const name = i === index ? "wb-window wb-chosen" : "wb-window";
    parts.push(rect(left + 1, y, kernel * unit - 2, tall, name));
    if (kernel * unit > DIGIT * String(i + 1).length) {
      parts.push(text(left + (kernel * unit) / 2, y + 10.5, String(i + 1)));
    }
  }
  return picture(Math.max(x + 2, 40), top + high + 10 + drawn.length * (tall + 3), alt, parts);
}

// A line too long for its pixels: to scale.
function bar(axis, index, available, alt) {
  const { size, kernel, strides, before, after, unread, positions } = axis;
  const unit = (available - 20) / (before + size + after);
  const at = (pixel) => 10 + (pixel + before) * unit;
  const parts = [];
  const piece = (from, to, y, high, name) => {
    if (to > from) parts.push(rect(at(from), y, Math.max((to - from) * unit, 1.5), high, name));
  };
  piece(-before, 0, 18, 18, "wb-zero");
  piece(0, size, 18, 18, "wb-pixel");
  piece(size - unread, size, 18, 18, "wb-unread");
  piece(size, size + after, 18, 18, "wb-zero");
  const start = index * strides - before;
  piece(start, start + kernel, 18, 18, "wb-read");
  piece(start, start + kernel, 44, 13, "wb-window wb-chosen");
  parts.push(text(at(0), 11, "0", "", "start"));
  parts.push(text(at(size), 11, String(size - 1), "", "end"));
  const middle = at(start + kernel / 2);
  parts.push(text(Math.min(Math.max(middle, 12), available - 12), 71, String(index + 1)));
  return picture(available, 76, alt, parts);
}

// ---- the window on the map -------------------------------------------------------------------

// The map that comes in, the window on it, and the one number that it gives in the map that goes
// out.
export function onMap(both, at, alt) {
  const [rows, columns] = both;
  const wide = columns.before + columns.size + columns.after;
  const tall = rows.before + rows.size + rows.after;
  const unit = Math.min(150 / Math.max(wide, tall), 24);
  const out = Math.min(100 / Math.max(rows.positions, columns.positions), unit);
  const parts = [];
  const left = 4;
  const top = 4;
  const x = (pixel) => left + (pixel + columns.before) * unit;
  const y = (pixel) => top + (pixel + rows.before) * unit;
  for (const [x, y, width, height] of [
    [0, 0, wide, rows.before], [0, rows.before + rows.size, wide, rows.after],
    [0, 0, columns.before, tall], [columns.before + columns.size, 0, columns.after, tall],
  ]) {
    if (width && height) {
      parts.push(rect(left + x * unit, top + y * unit, width * unit, height * unit, "wb-zero"));
    }
  }
  parts.push(rect(x(0), y(0), columns.size * unit, rows.size * unit, "wb-map"));
  if (columns.unread) {
    const from = columns.size - columns.unread;
    parts.push(rect(x(from), y(0), Math.max(columns.unread * unit, 1.5), rows.size * unit, "wb-unread"));
  }
  if (rows.unread) {
    const from = rows.size - rows.unread;
    parts.push(rect(x(0), y(from), columns.size * unit, Math.max(rows.unread * unit, 1.5), "wb-unread"));
  }
  if (unit >= 5) {
    for (let i = 1; i < columns.size; i++) parts.push(line(x(i), y(0), x(i), y(rows.size), "wb-grid"));
    for (let i = 1; i < rows.size; i++) parts.push(line(x(0), y(i), x(columns.size), y(i), "wb-grid"));
  }
  const startX = x(at[1] * columns.strides - columns.before);
  const startY = y(at[0] * rows.strides - rows.before);
  const window = [startX, startY, Math.max(columns.kernel * unit, 3), Math.max(rows.kernel * unit, 3)];
  const right = left + wide * unit + 44;
  const down = top + (tall * unit - rows.positions * out) / 2;
  parts.push(rect(right, down, columns.positions * out, rows.positions * out, "wb-map"));
  if (out >= 5) {
    for (let i = 1; i < columns.positions; i++) {
      parts.push(line(right + i * out, down, right + i * out, down + rows.positions * out, "wb-grid"));
    }
    for (let i = 1; i < rows.positions; i++) {
      parts.push(line(right, down + i * out, right + columns.positions * out, down + i * out, "wb-grid"));
    }
  }
  const dot = [right + at[1] * out, down + at[0] * out, Math.max(out, 3), Math.max(out, 3)];
  const middle = [dot[0] + dot[2] / 2, dot[1] + dot[3] / 2];
  for (const edge of [window[1], window[1] + window[3]]) {
    parts.push(line(window[0] + window[2], edge, middle[0], middle[1], "wb-ray"));
  }
  parts.push(rect(...window, "wb-window wb-chosen"), rect(...dot, "wb-dot"));
  const height = top + Math.max(tall * unit, down + rows.positions * out - top) + 4;
  return picture(right + columns.positions * out + 4, height, alt, parts);
}
