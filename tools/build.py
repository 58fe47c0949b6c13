"""Build the book: execute its chapters, stage the pages, build the site, print it.

python -m tools.build
"""

import signal
import sys
import time

from tools.execute import execute
from tools.pages import minutes
from tools.pdf import make_pdf
from tools.site import HTML, build_site
from tools.stage import stage


def main() -> None:
    """Do what has to be done; say how long each step took and where the site is."""
    # Ended by the system, the build takes its kernels with it, as with Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The build was ended"))
    began = time.monotonic()
    count = execute()
    after = time.monotonic()
    stage()
    built = build_site()
    if count:
        print(f"Executed {count} notebooks in {minutes(after - began)}")
    seconds = time.monotonic() - after
    print(f"The site was {'built' if built else 'up to date'} ({seconds:.0f} s)", flush=True)
    after = time.monotonic()
    print(f"{make_pdf(HTML)} ({time.monotonic() - after:.0f} s)")
    print(HTML / "index.html")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("The build was interrupted; the chapters that had ended are kept")
