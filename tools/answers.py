"""Have the exercises answer on the pages of the site, as ``check`` does in a notebook.

``alexnet_tutorial.checks`` is the one source. The build writes what a chapter's questions need
into a script beside the page, encoded, so that no answer can be read by accident; the script
``answers.js`` reads and judges what is typed as the package does.
"""

import base64
import json
import re
from pathlib import Path

import nbformat

from tools.environment import ROOT
from tools.pages import MOVED, notebooks, numbered

STATIC = Path("_static", "answers")
# What opens a solution, as the theme writes it.
FOLD = re.compile(
    r'(<div class="cell tag_solution[^>]*>\s*<details[^>]*>\s*<summary aria-label=")'
    r'Toggle hidden content(">\s*<p[^>]*>)Show code cell content'
    r"(</p>\s*<p[^>]*>)Hide code cell content"
)


def exercises(cells: list) -> list[tuple[str, str]]:
    """List the questions that a chapter's exercises ask.

    Args:
        cells: The notebook's cells.

    Returns:
        Pairs of an exercise's number, as its text has it, and its question's name.
    """
    found, number = [], "?"
    for cell in cells:
        number = (re.findall(r"^\*\*(\d+)\. ", cell.source, re.MULTILINE) or [number])[-1]
        if cell.cell_type == "code" and "solution" not in cell.metadata.get("tags", []):
            names = re.findall(r"check\(\s*[\"']([\w.-]+)[\"']", cell.source)
            found += [(number, name) for name in names]
    return found


def encode(names: list[str]) -> str:
    """Write questions for the page.

    Args:
        names: Questions of ``alexnet_tutorial.checks``.

    Returns:
        JSON in Base64: a name → the right answer, its tolerance, why, the hint, and pairs of a
        wrong answer and what is said of it.
    """
    from alexnet_tutorial.checks import QUESTIONS

    written = {}
    for name in names:
        question = QUESTIONS[name]
        slips = [[value, f"{slip}. {hint}"] for value, slip, hint in question.misconceptions]
        written[name] = [question.right, question.tolerance, question.why, question.hint, slips]
    text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def lean(script: str) -> str:
    """Leave out what a browser does not need: indentation, and lines that are comments.

    Example:
        >>> lean("// Says hello.\\nif (hello) {\\n  say(hello);\\n}\\n")
        'if (hello) {\\nsay(hello);\\n}\\n'
    """
    lines = (line.strip() for line in script.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def write_answers(folder: Path) -> None:
    """Write for each page that has exercises, and for the landing page, what its script needs.

    Args:
        folder: Where the script itself lies.
    """
    script = folder / "answers.js"
    script.write_text(lean(script.read_text(encoding="utf-8")), encoding="utf-8")
    chapters: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for page in notebooks():
        cells = nbformat.read(ROOT / page, as_version=4).cells
        title = numbered(cells[0].source, page)
        chapters[page.stem] = title, exercises(cells)
    for name, (_, here) in {"intro": ("", []), **chapters}.items():
        known = {
            "page": name,
            "chapters": [[key, title, asked] for key, (title, asked) in chapters.items() if asked],
            "questions": encode([question for _, question in here]),
            "moved": MOVED,
        }
        text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.js").write_text(f"var alexnetAnswers = {text};\n", encoding="utf-8")


def add_answers(site: Path) -> None:
    """Let each page load the script, where the build wrote something for it; name its solutions.

    Raises:
        SystemExit: The site lacks such a page, or the page has no head.
    """
    for data in (site / STATIC).glob("*.js"):
        if data.name == "answers.js":
            continue
        page = site / "book" / f"{data.stem}.html"
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if "</head>" not in text:
            raise SystemExit(f"{page}: expected a page with exercises, whose data is {data}")
        base = f"../{STATIC.as_posix()}"
        tags = (
            f'<link rel="stylesheet" href="{base}/answers.css" />\n'
            f'<script defer src="{base}/{data.name}"></script>\n'
            f'<script defer src="{base}/answers.js"></script>\n'
        )
        text = FOLD.sub(r"\1Solution\2Show the solution\3Hide the solution", text)
        page.write_text(text.replace("</head>", f"{tags}</head>", 1), encoding="utf-8")
