"""Time of one picture in the network of the page, in a browser without a window.

    python benchmarks/network.py [--pictures 60]

The site must be built. The pictures are the drawn ones that the page offers, in turn. Measured is
the worker's own time for all layers of a picture, the time from handing a picture over until its
outputs are back, and the browser's processor time, which other programs on the machine do not
change; the first ten pictures, in which the browser still compiles the program, come before.
Last, pictures a second from a camera (a canvas in its place), all maps drawn.
"""

import argparse
import os
import platform
import statistics

import psutil
from browser import opened

WARM = 10

COMPUTE = """async (count) => {
  const from = (name) => import(new URL(`../_static/network/${name}.js`, location.href).href);
  const { SAMPLES } = await from("plan");
  const { fromAddress } = await from("pictures");
  const { loadWeights, Runner } = await from("runner");
  const runner = new Runner(await loadWeights("../_static/network/weights.js"));
  const pictures = await Promise.all(SAMPLES.map((each) => fromAddress(each.picture, each.name)));
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const { ms, products } = await runner.run(pictures[i % pictures.length]);
    times.push([ms, performance.now() - start, products]);
  }
  return times;
}"""

LIVE = """async (seconds) => {
  const element = document.querySelector("alexnet-network");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const context = canvas.getContext("2d");
  let at = 0;
  const draw = () => {
    context.fillStyle = `hsl(${at++ % 360} 60% 50%)`;
    context.fillRect(0, 0, 640, 480);
    context.drawImage(element.canvas, at % 200, 0, 400, 400);
    requestAnimationFrame(draw);
  };
  draw();
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
  let count = 0;
  const work = element.render.bind(element);
  element.render = () => { count++; work(); };
  element.toggleCamera();
  const wait = (s) => new Promise((done) => setTimeout(done, 1000 * s));
  await wait(2);
  const [before, start] = [count, performance.now()];
  await wait(seconds);
  return [(1000 * (count - before)) / (performance.now() - start), count];
}"""


def processor():
    """Processor seconds that the programs started from here have taken."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


def measure(pictures, seconds):
    """Time pictures.

    Returns:
        [(worker's ms, ms until back, products)], the browser's processor seconds for them, and
        from a camera (pictures a second, processor seconds each).
    """
    with opened("book/network.html") as page:
        page.wait_for_selector("alexnet-network .nw-likely")
        page.evaluate(COMPUTE, WARM)
        before = processor()
        times = page.evaluate(COMPUTE, pictures)
        taken = processor() - before
        before = processor()
        rate, count = page.evaluate(LIVE, seconds)
        live = rate, (processor() - before) / count
        version = page.context.browser.version
        print(f"Chromium {version}, {platform.machine()}, {os.cpu_count()} cores")
    return times, taken, live


def main(arguments=None):
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args(arguments)
    times, taken, live = measure(options.pictures, options.seconds)
    worker, back, products = zip(*times, strict=True)
    each = taken / len(times)
    print(
        f"{len(times)} pictures of {statistics.mean(products) / 1e6:.1f} million products: "
        f"{statistics.median(worker):.1f} ms in the worker, best {min(worker):.1f}; "
        f"{statistics.median(back):.1f} ms until back, best {min(back):.1f}; "
        f"{1000 * each:.1f} ms of processor, {1 / each:.0f} pictures a second of it"
    )
    rate, each = live
    print(
        f"from a camera of 640 × 480, drawn: {rate:.0f} pictures a second, {1000 * each:.1f} ms of "
        "processor each"
    )


if __name__ == "__main__":
    main()
