"""Draw again what the small interactive parts show where no script runs: on paper, for example.

    python -m tools.stills               book/theme/stills, from the built site; needs a Chromium

Each part draws itself in a browser, as it starts, as wide as the PDF's column.
"""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alexnet_tutorial.files import write_whole
from tools.pdf import FLAGS, SITE, WIDTH, find_chromium
from tools.stage import PANELS, STILLS

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What a part shows on paper, where that is not how it starts.
SHOWN = {
    "convolution": {"at": "2.1", "filled": ".".join(map(str, range(36)))},
    "epochs": {"epoch": "16"},
}

PUT = """async ([name, width, shown]) => {
  const element = document.createElement(`alexnet-${name}`);
  for (const [key, value] of Object.entries(shown)) element.setAttribute(key, value);
  element.style.width = `${width}px`;
  document.querySelector("article h1").after(element);
  const script = document.createElement("script");
  script.src = "../_static/live/load.js";
  document.head.append(script);
  await customElements.whenDefined(`alexnet-${name}`);
  const sheet = document.querySelector("link[href$='live/base.css']");
  if (!sheet.sheet) await new Promise((done) => sheet.addEventListener("load", done));
  await element.arrived;
  // Two frames: the drawing follows the width that the style sheet gave it.
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  const drawn = [...element.querySelectorAll(".lp-stage svg")].map((each) => each.outerHTML);
  element.remove();
  return drawn.join("\\n");
}"""


def still(page: "Page", name: str) -> str:
    """Let a part draw itself on an open page of the site.

    Args:
        page: Any page of the book.
        name: One of :data:`tools.stage.PANELS`.

    Returns:
        The drawings as HTML, one after the other.
    """
    drawn = page.evaluate(PUT, [name, WIDTH, SHOWN.get(name, {})])
    # No ids, which would meet those of the page, and no digits that nobody sees.
    drawn = re.sub(r' (?:id|tabindex)="[^"]*"', "", drawn)
    return re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", drawn) + "\n"


def main() -> None:
    """Draw all of them.

    Raises:
        SystemExit: The site is not built, or there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    page_of_book = SITE / "book" / "glossary.html"
    if chromium is None or not page_of_book.is_file():
        sys.exit("The stills are drawn by a Chromium from the built site: run make book first")
    STILLS.mkdir(exist_ok=True)
    with (
        sync_playwright() as running,
        running.chromium.launch(executable_path=chromium, args=FLAGS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(Path(page_of_book).as_uri())
        for name in PANELS:
            write_whole(STILLS / f"{name}.html", still(page, name))


if __name__ == "__main__":
    main()
