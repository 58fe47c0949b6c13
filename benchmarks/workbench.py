"""Time from an edit on the workbench to the redrawn page, in a browser without a window.

    python benchmarks/workbench.py [--edits 100] [--network alexnet-2012]

The site must be built. Each edit sets another number of filters in conv1, so that every row, every
box and the windows are drawn again; the time runs until the browser has painted the next frame,
and therefore holds the wait for that frame (up to 17 ms at 60 frames a second). Beside it stands
the time of the page's own work alone, its layout included.
"""

import argparse
import os
import platform
import statistics

from browser import opened

EDITS = """async (count) => {
  const field = document.querySelector('alexnet-workbench [data-key="filters"]');
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [];
  for (let i = 0; i < count; i++) {
    await painted();
    const start = performance.now();
    field.value = 2 * (i + 1);
    field.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    const work = performance.now() - start;
    await painted();
    times.push([work, performance.now() - start]);
  }
  return times;
}"""


def measure(network, edits):
    """Time edits on one network; returns a list of (work, until painted), in milliseconds."""
    with opened(f"book/workbench.html#net={network}&layer=conv1") as page:
        page.wait_for_selector('alexnet-workbench [data-key="filters"]')
        times = page.evaluate(EDITS, edits)
        version = page.context.browser.version
        print(f"Chromium {version}, {platform.machine()}, {os.cpu_count()} cores")
    return times


def main(arguments=None):
    """Measure and print median and worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--network", default="alexnet-2012")
    options = parser.parse_args(arguments)
    work, painted = zip(*measure(options.network, options.edits), strict=True)
    for what, times in (("the page's work", work), ("until painted", painted)):
        print(
            f"{options.network}, {len(times)} edits, {what}: median "
            f"{statistics.median(times):.1f} ms, worst {max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
