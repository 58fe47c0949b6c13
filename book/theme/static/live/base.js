// What the interactive parts share: elements, drawings, numbers, keys, the address.

const SVG = "http://www.w3.org/2000/svg";

export const KIND_COLORS = {
  input: "gray", conv: "blue", lrn: "teal", activation: "purple", pool: "green", flatten: "yellow",
  dense: "orange", dropout: "red",
};

// An element with attributes (functions listen) and children. Texts never become markup.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const count = (number) => number.toLocaleString("en-US");

// Where a key leads in a row of things, of which `index` has the focus; null for other keys.
export function rove(event, index, first, last) {
  const to = {
    ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1,
    Home: first, End: last,
  }[event.key];
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return null;
  event.preventDefault();
  return to >= first && to <= last ? to : null;
}

// A press on an element, and the drag that follows, however far it leads. The class lp-drag keeps
// a finger that drags there from scrolling the page.
export function follow(element, act, holds = () => true) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button || !holds(event)) return;
    element.setPointerCapture(event.pointerId);
    act(event);
  });
  element.addEventListener("pointermove", (event) =>
    element.hasPointerCapture(event.pointerId) && act(event));
}

// What the address holds of a state; null where it is empty or leads to a heading.
export function readAddress() {
  const hash = location.hash.slice(1);
  return hash.includes("=") ? hash : null;
}

let later;

// Browsers allow few changes of the address a second.
export function keepAddress(state) {
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", `#${state}`), 200);
}
