"""Time until the landing page can be used, in a browser without a window, on a throttled core.

    python benchmarks/landing.py [--throttle 4] [--visits 5]

The site must be built. Each visit begins with an empty cache; the processor is slowed down by the
browser. Measured are the first paint of something that can be read, the end of the work that the
page's scripts do before it answers (the event DOMContentLoaded, whose listeners are its last), and
the end of the last task of more than 50 ms: the page is interactive at the latest of the three.

Beside them stands the processor time of the page's main thread in all of this, not slowed down,
which other programs on the machine change little: times the throttle, it is the least that a core
of that speed needs.

Recorded 2026-11-27, Chromium 156, x86_64, two cores, seven visits, throttle 4, the machine free:
painted 0.8 s, loaded 1.3 s, interactive 1.34 s in the median and 1.38 s at worst; the processor
172 ms.
"""

import argparse
import os
import platform
import statistics

from browser import opened

WATCH = """() => {
  window.long = [];
  new PerformanceObserver((list) => window.long.push(
    ...list.getEntries().map((task) => [task.startTime, task.duration]),
  )).observe({ type: "longtask", buffered: true });
}"""
READ = """() => {
  const [visit] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const ends = window.long.map(([start, duration]) => start + duration);
  const loaded = visit.domContentLoadedEventEnd;
  return {
    painted: paint.startTime, loaded, interactive: Math.max(paint.startTime, loaded, ...ends),
    blocked: window.long.reduce((sum, [, duration]) => sum + duration - 50, 0),
  };
}"""
QUIET = 2000  # milliseconds after which no long task is waited for


def measure(throttle, visits):
    """Visit the landing page; returns a dict of times in milliseconds for each visit."""
    found = []
    with opened("book/intro.html") as page:
        address, browser = page.url, page.context.browser
        for _ in range(visits):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            visit = context.new_page()
            session = context.new_cdp_session(visit)
            session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
            visit.add_init_script(f"({WATCH})()")
            visit.goto(address, wait_until="load")
            visit.wait_for_timeout(QUIET)
            found.append(visit.evaluate(READ))
            context.close()
            found[-1]["processor"] = processor(browser, address)
        print(f"Chromium {browser.version}, {platform.machine()}, {os.cpu_count()} cores")
    return found


def processor(browser, address):
    """Processor time of the main thread until the page is quiet, in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = context.new_page()
    session = context.new_cdp_session(visit)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    visit.goto(address, wait_until="load")
    visit.wait_for_timeout(QUIET)
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    context.close()
    return 1000 * metrics["TaskDuration"]


def main(arguments=None):
    """Measure and print median and worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--throttle", type=float, default=4)
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args(arguments)
    found = measure(options.throttle, options.visits)
    for what in found[0]:
        times = [visit[what] for visit in found]
        print(f"{what}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")


if __name__ == "__main__":
    main()
