"""Read the prose of the book with proselint: worn phrases, doubled words, spacing, misused words.

    python -m tools.prose

Of notebooks it reads the Markdown, of pages all. Code, formulas, addresses and HTML are no prose.
"""

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from tools.environment import ROOT

PROSE = ("*.md", "book/*.md", "book/*.ipynb", "classroom/*.md", "classroom/source/*.ipynb")
# Rules that are off, and why.
OFF = {
    "dates_times.am_pm.lowercase_periods": "it takes 300 among tens for a time of day",
    "misc.but": "a paragraph that turns round what was said may begin with it",
    "misc.phrasal_adjectives.ly": "it takes the multiply of multiply-accumulate for an adverb",
    "typography.symbols.curly_quotes": "the site makes straight quotes curly, Jupyter need not",
    "weasel_words.very": "the very first loss is the first, and very small numbers are a size",
}
# Words that a rule objects to, and why they stay.
KEPT = {
    "saliency": "the field's word for a map of what matters",
    "more correct": "more correct answers are more of them",
    "one in a million": "a probability",
    "trial and error": "the plain name of how a number was found",
}
NOT_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|<[^>]+>|\]\([^)]*\)|https?://\S+", re.DOTALL
)


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Give the Markdown of a file, each piece with its place: a cell of a notebook, or nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield "", text
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            yield f"[{cell['id']}]", "".join(cell["source"])


def findings(text: str) -> list[str]:
    """Lint a text, paragraph by paragraph: a word may end one and begin the next.

    Args:
        text: Markdown.

    Returns:
        For each finding the words that are meant, what is wrong with them, and the rule.

    Example:
        >>> findings("It is `is` a loss, and and a $x$ loss.")
        ["'and and': There's a lexical illusion in 'and and' - a phrase is repeated. \
(lexical_illusions)"]
    """
    registry = CheckRegistry()
    if not registry.checks:
        registry.register_many(__register__)
    wanted = Config(max_errors=1000, checks={**dict.fromkeys(OFF, False), **DEFAULT["checks"]})
    found = []
    # What is cut out leaves a word of its own behind, or its neighbors would count as doubled.
    number = itertools.count()
    prose_only = NOT_PROSE.sub(lambda _: f"_{next(number)}", text)
    for paragraph in filter(None, re.split(r"\n\s*\n", prose_only)):
        prose = LintFile("", paragraph)
        for result in (each.check_result for each in prose.lint(wanted)):
            words = prose.content[slice(*result.span)].strip()
            if words.lower() not in KEPT:
                found.append(f"{words!r}: {result.message} ({result.check_path})")
    return found


def main() -> int:
    """Say what was found; return 1 where anything was."""
    paths = sorted(path for pattern in PROSE for path in ROOT.glob(pattern))
    found = [
        f"{path.relative_to(ROOT)} {place}: {finding}"
        for path in paths
        for place, text in texts(path)
        for finding in findings(text)
    ]
    print("\n".join(found) or f"prose: nothing found in {len(paths)} files")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
