"""Make this book your own: write another repository's address wherever this one's stands.

    python -m tools.fork https://github.com/teacher/alexnet
    python -m tools.fork https://github.com/teacher/alexnet https://example.org/course/

Without the address of a site, GitHub's own is taken, ``https://teacher.github.io/alexnet/``. The
addresses are kept in ``pyproject.toml``; the notebooks' set-up cells hold the repository's too,
since a notebook on Colab has nothing but itself; what GitHub shows has both. All of them are
written, or none. The links of the site follow with the next ``make book``.
"""

import os
import re
import sys
import tomllib
from urllib.parse import urlsplit

from tools.setup_cell import ROOT, addresses

# Where an address may stand: what GitHub shows, the book's notebooks, and those that students get.
HOLDERS = (
    "pyproject.toml",
    "README.md",
    "CITATION.cff",
    ".github/**/*.yml",
    "book/*.ipynb",
    "classroom/**/*.ipynb",
)


def checked_repository(given: str) -> str:
    """Refuse what is not the address of a repository on GitHub.

    The launch buttons need GitHub: Colab and Kaggle open notebooks from there.

    Returns:
        The address without ``.git`` and slashes at its end.

    Raises:
        ValueError: It has another form.

    Example:
        >>> checked_repository("https://github.com/teacher/alexnet.git")
        'https://github.com/teacher/alexnet'
    """
    address = given.rstrip("/").removesuffix(".git")
    if not re.fullmatch(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+", address):
        raise ValueError(
            f"{given!r} is not the address of a repository: expected "
            "https://github.com/OWNER/NAME, as the browser shows it on the repository's page"
        )
    return address


def checked_site(given: str) -> str:
    """Refuse what is not the address of a folder on the web.

    Returns:
        The address with a slash at its end.

    Raises:
        ValueError: It has another form.

    Example:
        >>> checked_site("https://example.org/course")
        'https://example.org/course/'
    """
    parts = urlsplit(given)
    allowed = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?", given)
    if not allowed or not parts.hostname or parts.path.endswith(".html"):
        raise ValueError(
            f"{given!r} is not the address of a site: expected the folder the book will be "
            "published in, such as https://example.org/course/"
        )
    return given.rstrip("/") + "/"


def site_of(repository: str) -> str:
    """Give the address at which GitHub publishes a repository's pages.

    Example:
        >>> site_of("https://github.com/Teacher/alexnet")
        'https://teacher.github.io/alexnet/'
    """
    owner, name = repository.split("/")[-2:]
    return f"https://{owner.lower()}.github.io/{name}/"


def replaced(text: str, old: str, new: str) -> str:
    """Replace whole addresses: not one that only begins like the old one.

    Example:
        >>> replaced("https://a.org/x, https://a.org/xy", "https://a.org/x", "https://b.org/z")
        'https://b.org/z, https://a.org/xy'
    """
    return re.sub(re.escape(old) + r"(?![\w-])", lambda _: new, text)


def main(arguments: list[str]) -> None:
    """Check the new addresses, then write them.

    Raises:
        SystemExit: An address is refused; nothing is written then.
    """
    if not 1 <= len(arguments) <= 2:
        raise SystemExit(
            "Usage: make fork REPOSITORY=https://github.com/OWNER/NAME [SITE=https://…]"
        )
    try:
        repository = checked_repository(arguments[0])
        site = checked_site(arguments[1]) if len(arguments) == 2 else site_of(repository)
    except ValueError as error:
        raise SystemExit(f"Nothing written: {error}") from None
    old = addresses()
    changed = {}
    for pattern in HOLDERS:
        for path in sorted(ROOT.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            new = replaced(text, old["Repository"], repository)
            new = new.replace(old["Book"], site)  # it ends in a slash: no other begins like it
            if path.name == "pyproject.toml":
                written = tomllib.loads(new)["project"]["urls"]
                if (written["Repository"], written["Book"]) != (repository, site):
                    raise SystemExit(f"Nothing written: {path} does not hold its two addresses")
            if new != text:
                changed[path] = new
    # Each beside its file first: a full disk is noticed before anything has changed.
    for path, text in changed.items():
        path.with_name(path.name + ".partial").write_text(text, encoding="utf-8")
    for path in changed:
        os.replace(path.with_name(path.name + ".partial"), path)
    print(f"{len(changed)} files written: {repository}, published at {site}")
    print("Now make book, look at it, and commit.")


if __name__ == "__main__":
    main(sys.argv[1:])
