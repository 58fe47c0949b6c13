// What is wider than its column fades where it goes on; the keyboard scrolls it as well. A figure
// is at least as wide as its smallest label needs.
(() => {
  const LABEL = 11; // pixels
  const readable = (figure) => {
    const drawing = figure.querySelector("svg");
    const box = drawing?.viewBox.baseVal;
    if (!box?.width || drawing.dataset.measured) return;
    const scale = drawing.getBoundingClientRect().width / box.width;
    const heights = [...drawing.querySelectorAll("text")].map((text) => {
      const matrix = text.textContent.trim() && text.getScreenCTM();
      if (!matrix) return Infinity;
      return (parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b)) / scale;
    });
    const width = Math.ceil((LABEL * box.width) / Math.min(...heights));
    if (!scale) return;
    drawing.dataset.measured = "";
    drawing.style.setProperty("--readable", `${width}px`);
  };
  const WIDE =
    "pre, .alexnet-ledger, .alexnet-figure, .pst-scrollable-table-container, .output, div.math," +
    " mjx-container, .wb-scroll, .wb-strip";
  const mark = (box) => {
    if (box.matches(".alexnet-figure")) readable(box);
    const more = box.scrollWidth - box.clientWidth;
    const scrolls = more > 1 && getComputedStyle(box).overflowX !== "visible";
    box.classList.toggle("alexnet-more", scrolls && more - box.scrollLeft > 1);
    if (scrolls && !box.querySelector("[tabindex], a, button")) box.tabIndex = 0;
  };
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target)));
  const watch = () => {
    for (const box of document.querySelectorAll("article :is(" + WIDE + ")")) {
      if (box.dataset.watched) continue;
      box.dataset.watched = "";
      sizes.observe(box);
      box.addEventListener("scroll", () => mark(box), { passive: true });
    }
  };
  watch();
  // Formulas and the workbench are drawn later.
  const article = document.querySelector("article");
  if (article) new MutationObserver(watch).observe(article, { childList: true, subtree: true });
})();
