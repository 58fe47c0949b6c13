"""A page for each submission, for the student."""

import html
import re

from classroom.assignment import Assignment
from classroom.mark import Result, points_text

STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #57d27a; --bad: #ff8a80; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  background: Canvas; color: CanvasText; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: .5rem 0; }
h2 { font-size: 1.1rem; margin: .5rem 0; } h2 span { float: right; }
pre { white-space: pre-wrap; border-left: 3px solid var(--line); padding-left: .8rem;
  margin: .5rem 0;  font: .9rem/1.4 ui-monospace, monospace; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""


def feedback_page(result: Result, assignment: Assignment) -> str:
    """Write a student's page.

    A test's code is not shown, for it holds the hidden tests; its message is.

    Returns:
        A whole HTML page that needs no other file.
    """
    largest = sum(cell.points for cell in assignment.questions)
    total = sum(points or 0 for points in result.points.values())
    waiting = sum(points is None for points in result.points.values())
    parts = [f"<h1>{html.escape(assignment.name)}</h1>"]
    parts.append(f"<p>{html.escape(result.student)}</p>")
    open_words = f", and {waiting} to be graded by hand" if waiting else ""
    marks = f"{points_text(total)} of {points_text(largest)} points"
    parts.append(f"<p><strong>{marks}</strong>{open_words}</p>")
    parts += [f"<p>Note: {html.escape(note)}</p>" for note in result.notes]
    for cell in assignment.questions:
        points = result.points.get(cell.grade_id)
        if points is None:
            mark, words = f"– of {points_text(cell.points)}", "To be graded by hand."
        else:
            mark = f"{points_text(points)} of {points_text(cell.points)}"
            words = "All tests hold." if points == cell.points else "Not yet."
        kind = "good" if points == cell.points else "bad" if points == 0 else ""
        parts.append(
            f'<section><h2>{html.escape(cell.grade_id)} <span class="{kind}">{mark}</span></h2>'
        )
        if cell.kind == "written":
            if points is not None:
                words = "Graded by hand."
            parts.append(f"<p>{words}</p>")
            parts.append(
                f"<p>Your answer:</p><pre>{html.escape(result.answers[cell.grade_id])}</pre>"
            )
            rubric = rubric_of(cell.source)  # of the instructor's cell
            if rubric:
                parts.append(f"<p>What it is graded by:</p><pre>{html.escape(rubric)}</pre>")
        else:
            parts.append(f"<p>{words}</p>")
            message = result.messages.get(cell.grade_id)
            if message:
                parts.append(f"<pre>{html.escape(message)}</pre>")
        parts.append("</section>")
    others = {
        name: message
        for name, message in result.messages.items()
        if name not in {cell.grade_id for cell in assignment.questions}
    }
    if others:
        parts.append("<section><h2>Cells that ended in an error</h2>")
        for name, message in others.items():
            parts.append(f"<p>{html.escape(name)}</p><pre>{html.escape(message)}</pre>")
        parts.append("</section>")
    title = html.escape(f"{assignment.name} – {result.student}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def rubric_of(source: str) -> str:
    """Take the mark scheme out of a written question, between nbgrader's markers for it.

    >>> rubric_of("Why?\\n### BEGIN MARK SCHEME\\n2: a reason\\n### END MARK SCHEME")
    '2: a reason'
    """
    found = re.search(r"BEGIN MARK SCHEME[^\n]*\n(.*?)\n[^\n]*END MARK SCHEME", source, re.DOTALL)
    return found[1].strip() if found else ""
