"""Exercises that answer on the page: as ``check`` does, kept in the browser, for everyone."""

import json
import random
import re
from html.parser import HTMLParser

import nbformat
import pytest

from alexnet_tutorial.checks import QUESTIONS, check
from tools import answers, pages

SCRIPT = "book/theme/static/answers/answers.js"
CHAPTERS = [page.stem for page in pages.notebooks()]
CHAPTER = "book/11_convolution.html"
PHONE = {"width": 390, "height": 844}

# --- the same as check -----------------------------------------------------------------------


def written(value):
    """Give the ways in which a value may be typed."""
    if isinstance(value, bool):
        return [str(value), "yes" if value else "No", f" {value}! "]
    if isinstance(value, str):
        around = ("{}", "({})", "option {}.", "“{}”", "the {}", "{}?")
        return [value.upper(), *(words.format(value) for words in around)]
    if isinstance(value, tuple):
        joined = [str(part) for part in value]
        return [x.join(joined) for x in (", ", " × ", "x", " ", ";", ",")] + [str(value)]
    texts = [repr(value), f"{value:,}", f"{value:.3g}", f"{value:.6g}", f"answer = {value}"]
    texts += [f"{value:,}".replace(",", "\u202f"), f"{100 * value:.6g} %", f"{100 * value:.6g}"]
    return [*texts, f"{value}/1", f"({value})", f"{value} units", f"2*{value}/2", f"−{value}"]


MALFORMED = [
    *("", " ", "?", "…", "...", "answer", "answer =", "None", "()", "[]", "-", "+", "%", "1 %%"),
    *("1/0", "1//0", "0/0", "0^-1", "9^9999", "9999^99", "9999^99 %", "(-8)^0.5", "2**3**2", "2^"),
    *("0,5", "0,512", "1,512", "0 512"),
    *("1e999", "-1e999", "1e999/2", "1e-999", "inf", "nan", "NaN %", "1e5", ".5", "5.", ".", "e5"),
    *("0,7", "7,0", "1,2,3,4,5", "1,234,5", "12 345 67", "1_000", "1'000", "1’000", "1\xa0000"),
    *("(1, 2", "1, 2)", "((1, 2))", "[1 2 3 4]", "(None, 3, 224, 224)", "(None,)", "1;2;3", "× ×"),
    *("seven", "7 positions", "seven positions it has", "fc-6", "fc_6", "The", "the option", "B)"),
    *("<b>7</b>", "$7$", "x" * 30, "x" * 31, "y" * 300, "y" * 301, "7" * 299, "7" * 301, "½", "²"),
    *("٣", "７", "Ⅷ", "𝟕", "é", "e\u0301", "ß", "İ", "ΣΑΣ", "💡", "💡" * 30, "\u200b7", "\ufeff7"),
    *("(" * 20 + "7" + ")" * 20, "(" * 25 + "7" + ")" * 25, "-" * 250 + "7", "√" * 30 + "7"),
    *("√16", "sqrt(16)", "sqrt16", "√-1", "3 · (20 + 1)", "28 ÷ 4", "(28-8)//3+1", "-2^2", "1--1"),
    *(f"{'(' * deep}6{')' * deep} + 1" for deep in (20, 21)),
    *("1^" * 20 + "7", "1^" * 21 + "7", "10 + -5//2", "0,007 × ?", "(?, 55, 55, 96)", "1e308*10"),
    *("3·2 + 1", "14 ÷ 2", "+(+7)", "-(-7)", "7 - -0", "2 * 3.5", "√49", "49^.5", "7e0", "7."),
    *("85%", "85 percent", "50% * 2", "(1/6) %", "1/6 %", "TRUE", "yes.", "no?", "true false", "y"),
    *("7\t", "\x1f7", "7\x85", "7\n8", "3e2 x 2", "2 e 3", "0x10", "1j", "7L", "+7", "++7", "- 7"),
]
ALPHABET = [*"0123456789" * 2, *".,,  ()[]+-*/^%×x·√;:=_e'’−", "**", "//", "sqrt", "none", "ab"]


def typed(name, chance):
    """Give what may be typed into one field: right, slips, near misses, malformed, anything."""
    question = QUESTIONS[name]
    values = [question.right, *(value for value, _, _ in question.misconceptions)]
    right = question.right
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        edge = question.tolerance or 1e-12
        values += [right * (1 + by * edge) for by in (0.5, -0.5, 1.5, -1.5)]
        values += [right + 1, right - 1, -right, 10 * right, 1 / (right or 3)]
    if isinstance(right, tuple):
        values += [right[::-1], right[:-1], (*right, 1), tuple(part + 1 for part in right)]
    texts = [text for value in values for text in written(value)]
    texts += chance.sample(MALFORMED, 25)
    texts += ["".join(chance.choices(ALPHABET, k=chance.randint(1, 9))) for _ in range(25)]
    return texts


@pytest.mark.slow
def test_the_page_judges_as_check_does(browser, root):
    chance = random.Random(14)
    asked = [(name, text) for name in QUESTIONS for text in typed(name, chance)]
    asked += [("convolution.positions", text) for text in MALFORMED]
    asked += [("convolution.shape", text) for text in MALFORMED]
    page = browser.new_page()
    page.set_content("<p>Nothing but the script.</p>")
    page.add_script_tag(path=root / SCRIPT)
    said = page.evaluate(
        """([encoded, asked]) => {
            const questions = alexnetCheck.decode(encoded);
            return asked.map(([name, text]) => alexnetCheck.check(questions[name], text));
        }""",
        [answers.encode(list(QUESTIONS)), asked],
    )
    page.close()
    different, outcomes = [], {"missing": 0, "not-yet": 0, "right": 0}
    for (name, text), (outcome, message) in zip(asked, said, strict=True):
        result = check(name, text)
        outcomes[outcome] += 1
        same = outcome == result.state and (outcome == "missing" or message == result.message)
        if not same:
            different.append((name, text, outcome, message, str(result)))
    print(f"{len(asked)} answers: {outcomes}")
    assert different == []
    assert len(set(asked)) >= 2000 and min(outcomes.values()) > 50


# --- on the pages ----------------------------------------------------------------------------


def field(page, name):
    return page.locator(f"form.alexnet-answer:has([id='answer-{name}'])")


def answer(page, name, text):
    """Type an answer, press Check, and give what is said."""
    form = field(page, name)
    form.get_by_role("textbox").fill(text)
    form.get_by_role("button", name="Check").click()
    return form.get_by_role("status").inner_text()


def kept(page):
    return page.evaluate("JSON.parse(localStorage.getItem('alexnet-book'))")


@pytest.fixture
def chapter(open_page):
    with open_page(CHAPTER) as visit:
        yield visit.page
        assert visit.console == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_asks_folds_and_answers(open_page, root, name):
    """One visit: every prompt has a field, what is folded can be found and printed, and every
    question is answered."""
    with open_page(f"book/{name}.html") as visit:
        look_at_prompts(visit.page)
        answer_all(visit.page, root, name)
        assert visit.console == []


def look_at_prompts(page):
    """Every prompt has a field; results can be seen printed, and where the browser finds them."""
    prompts = page.evaluate(
        """() => [...document.querySelectorAll('section > p, section > ul > li')]
            .filter(e => /\\bPredict\\b/.test(e.textContent) && !e.closest('.cell'))
            .filter(e => !/^Predict first/.test(e.textContent))
            .map(e => [e.textContent.slice(0, 60),
                (e.nextElementSibling ?? e.lastElementChild)?.matches('.alexnet-predict')])"""
    )
    assert [words for words, there in prompts if not there] == []
    parts = page.locator(".alexnet-result")
    assert parts.count() >= page.locator(".alexnet-folded").count()
    assert not any(seen(page))
    # Nothing said about a result can be seen in its code either.
    assert not page.locator(".alexnet-cut > span:visible").count()
    page.emulate_media(media="print")
    assert all(seen(page))
    assert page.locator("form.alexnet-answer:visible, .alexnet-predict:visible").count() == 0
    assert page.locator(".alexnet-cut > span:visible").count() == (
        page.locator(".alexnet-cut").count()
    )
    assert page.locator(".alexnet-answered .cell_input").first.is_visible()
    page.emulate_media(media="screen")
    if parts.count():
        parts.last.dispatch_event("beforematch")  # as the browser's search does
        assert seen(page)[-1]


def answer_all(page, root, name):
    """Nothing, a slip, and what is right, typed into every field; the panel counts them."""
    cells = nbformat.read(root / "book" / f"{name}.ipynb", as_version=4).cells
    asked = answers.exercises(cells)
    assert len(asked) >= 3
    labels = page.locator("form.alexnet-answer label").all_inner_texts()
    assert labels == [f"Your answer to exercise {number}" for number, _ in asked]
    for _, question in asked:
        known = QUESTIONS[question]
        wrong, slip, hint = known.misconceptions[0]
        assert answer(page, question, "") == (
            "No answer yet: type your prediction, then press Check."
        )
        assert answer(page, question, str(wrong)) == f"Not yet: {slip}. {hint}"
        assert answer(page, question, str(known.right)) == f"Right: {known.why}"
    assert not page.get_by_text("run this cell again").first.is_visible()
    intro = page.locator("#exercises > p").first
    assert not (" run" in intro.text_content() and intro.is_visible())
    summary = page.locator(".alexnet-progress summary").inner_text()
    assert f"{len(asked)} of {len(asked)} in this chapter" in summary


class Words(HTMLParser):
    """The text of a page, solutions left out, as one reads it without opening anything."""

    def __init__(self, text):
        super().__init__()
        self.words, self.inside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ("details", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.words.append(data)


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_answer_stands_readable_in_the_page(site, root, name):
    text = " ".join(Words((site / f"book/{name}.html").read_text(encoding="utf-8")).words)
    data = (site / answers.STATIC / f"{name}.js").read_text(encoding="utf-8")
    cells = nbformat.read(root / "book" / f"{name}.ipynb", as_version=4).cells
    for _, question in answers.exercises(cells):
        known = QUESTIONS[question]
        said = [f"{slip}. {hint}" for _, slip, hint in known.misconceptions]
        for words in filter(None, (known.why, known.hint, *said)):
            assert words not in text and words not in data, question
    assert re.fullmatch(r"[\w+/=]+", re.search(r'"questions":"([^"]*)"', data)[1])


@pytest.mark.slow
def test_answers_are_kept_shown_exported_and_erased(open_page, tmp_path):
    with open_page(CHAPTER) as visit:
        page = visit.page
        answer(page, "convolution.positions", "7")
        answer(page, "convolution.unread", "1")
        answer(page, "convolution.positions", "8")  # was right once
        page.reload()
        form = field(page, "convolution.unread")
        assert form.get_by_role("textbox").input_value() == "1"
        assert form.get_by_role("status").inner_text().startswith("Not yet: those are the pixels")
        panel = page.locator(".alexnet-progress")
        assert panel.locator("summary").inner_text() == (
            f"Exercises right: 1 of 6 in this chapter, 1 of {len(QUESTIONS)} in the book"
        )
        panel.locator("summary").click()
        assert "1 of 6 · right: 1 · not yet: 5" in panel.locator("li").first.inner_text()
        with page.expect_download() as download:
            panel.get_by_role("button", name="Export").click()
        download.value.save_as(tmp_path / "progress.json")
        written = (tmp_path / "progress.json").read_text(encoding="utf-8")
        assert '"convolution.unread": "1"' in written and '"right": [' in written
        page.once("dialog", lambda dialog: dialog.accept())
        panel.get_by_role("button", name="Erase").click()
        assert form.get_by_role("textbox").input_value() == ""
        assert form.get_by_role("status").inner_text() == ""
        assert panel.locator("summary").inner_text().startswith("Exercises right: 0 of 6")
        assert kept(page) == {"answers": {}, "right": [], "predictions": {}, "open": False}
        assert visit.console == []


def given(name, text):
    return {"name": name, "mimeType": "application/json", "buffer": text.encode()}


@pytest.mark.slow
def test_what_was_exported_is_imported_beside_what_is_there(open_page, tmp_path):
    with open_page(CHAPTER) as visit:
        page = visit.page
        answer(page, "convolution.positions", "7")
        answer(page, "convolution.unread", "1")
        page.locator(".alexnet-predict input").first.fill("zero")
        page.locator(".alexnet-predict button").first.click()
        panel = page.locator(".alexnet-progress")
        panel.locator("summary").click()
        with page.expect_download() as download:
            panel.get_by_role("button", name="Export").click()
        download.value.save_as(tmp_path / "progress.json")
        exported = kept(page)
        page.once("dialog", lambda dialog: dialog.accept())
        panel.get_by_role("button", name="Erase").click()
        answer(page, "convolution.unread", "3")
        answer(page, "convolution.macs", "5")
        with page.expect_file_chooser() as chooser:
            panel.get_by_role("button", name="Import").click()
        chooser.value.set_files(tmp_path / "progress.json")
        said = panel.get_by_role("status")
        said.filter(has_text="Read: answers 2, predictions 1.").wait_for()
        now = kept(page)
        assert now["answers"] == exported["answers"] | {"convolution.macs": "5"}
        assert now["predictions"] == exported["predictions"]
        assert set(now["right"]) == {"convolution.positions", "convolution.unread"}
        assert field(page, "convolution.positions").get_by_role("textbox").input_value() == "7"
        assert page.locator(".alexnet-predict").first.inner_text() == "You predicted: zero"
        for name, text in {
            "notes.json": "{",
            "list.json": "[1]",
            "null.json": "null",
            "other.json": '{"book": "Another", "answers": {"convolution.macs": "6"}}',
            "large.json": json.dumps({"book": "AlexNet, taken apart", "more": "x" * 10**6}),
        }.items():
            panel.locator("input[type=file]").set_input_files(given(name, text))
            said.filter(has_text=f"“{name}” holds no progress of this book").wait_for()
            assert kept(page) == now
        strange = {"book": "AlexNet, taken apart", "answers": [1], "right": "all", "predictions": 7}
        panel.locator("input[type=file]").set_input_files(given("odd.json", json.dumps(strange)))
        said.filter(has_text="Read: answers 0, predictions 0.").wait_for()
        assert kept(page) == now and visit.console == []


@pytest.mark.slow
def test_predictions_made_under_a_page_s_old_name_are_found(open_page):
    """The page of the puzzle had another number once."""
    (old,) = (name for name, now in pages.MOVED.items() if now == "14_puzzle_224")
    with open_page("book/14_puzzle_224.html") as visit:
        page = visit.page
        names = page.locator(".alexnet-predict input").evaluate_all("all => all.map(e => e.id)")
        before = [name.replace("14_puzzle_224", old) for name in names]
        assert len(names) > 1 and not set(names) & set(before)
        made = {before[0]: "fifty-four", before[1]: "then", names[1]: "now", "predict-x-1": "kept"}
        page.evaluate(
            "made => localStorage.setItem('alexnet-book', JSON.stringify({ predictions: made }))",
            made,
        )
        page.reload()
        prompts = page.locator(".alexnet-predict")
        assert prompts.first.inner_text() == "You predicted: fifty-four"
        assert prompts.nth(1).inner_text() == "You predicted: now"
        answer(page, "puzzle.zeros", "1")  # what is kept next is kept under the new names
        assert kept(page)["predictions"] == {
            names[0]: "fifty-four",
            names[1]: "now",
            "predict-x-1": "kept",
        }
        assert visit.console == []


@pytest.mark.slow
def test_the_landing_page_shows_progress_once_there_is_some(open_page):
    with open_page("book/intro.html") as visit:
        assert visit.page.locator(".alexnet-progress").count() == 0
        visit.page.goto(visit.page.url.replace("intro", "51_full_size"))
        answer(visit.page, "full.pace", "30")
        visit.page.goto(visit.page.url.replace("51_full_size", "intro"))
        summary = visit.page.locator(".alexnet-progress summary").inner_text()
        assert summary == f"Exercises right: 1 of {len(QUESTIONS)} in the book"
        assert visit.console == []


REFUSED = """Object.defineProperty(window, 'localStorage', { get() {
    const real = new Error('no').stack.includes('answers.js');
    if (real) throw new DOMException('refused', 'SecurityError');
    return { getItem: () => null, setItem() {}, clear() {}, removeItem() {} };
} });"""


@pytest.mark.slow
@pytest.mark.parametrize("stored", ["refused", "{", "[1]", '{"answers": [1], "right": {"a": 1}}'])
def test_it_answers_where_nothing_can_be_kept_or_what_is_kept_is_damaged(browser, address, stored):
    context = browser.new_context()
    page, console = context.new_page(), []
    page.on("pageerror", lambda error: console.append(str(error)))
    if stored == "refused":
        page.add_init_script(REFUSED)
    else:
        page.add_init_script(f"localStorage.setItem('alexnet-book', {stored!r})")
    page.goto(address + CHAPTER)
    assert answer(page, "convolution.positions", "7").startswith("Right: there is room")
    summary = page.locator(".alexnet-progress summary").inner_text()
    assert summary.startswith("Exercises right: 1 of 6")
    said = page.locator(".alexnet-progress > p").text_content()
    assert ("keeps nothing" in said) == (stored == "refused")
    page.locator(".alexnet-predict").first.get_by_role("textbox").fill("negative")
    page.locator(".alexnet-predict").first.get_by_role("button", name="Commit").click()
    assert page.locator(".alexnet-result").first.locator("svg").is_visible()
    assert console == []
    context.close()


def seen(page):
    """Tell which parts of results are to be seen."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.alexnet-result')].map(e => e.checkVisibility() &&
            getComputedStyle(e).contentVisibility === 'visible' && e.offsetHeight > 0)"""
    )


@pytest.mark.slow
def test_a_result_is_folded_until_a_prediction(chapter):
    page = chapter
    prompts = page.locator(".alexnet-predict")
    assert prompts.count() == page.locator(".alexnet-folded").count() >= 3
    assert not any(seen(page))
    first = prompts.first
    first.get_by_role("button", name="Commit").click()
    assert "Type what you expect" in first.get_by_role("status").inner_text()
    assert not any(seen(page))
    first.get_by_role("textbox").fill("<b>negative</b>")
    first.get_by_role("button", name="Commit").click()
    assert first.inner_text() == "You predicted: <b>negative</b>"
    assert page.evaluate("document.activeElement.textContent").startswith("You predicted")
    assert seen(page)[0] and not all(seen(page))
    page.locator(".alexnet-folded:visible").first.get_by_role("button", name="Show it").click()
    assert "alexnet-result" in page.evaluate("document.activeElement.className")
    assert prompts.nth(1).is_hidden()  # nothing is left to predict
    page.reload()
    assert first.inner_text() == "You predicted: <b>negative</b>" and prompts.nth(1).is_hidden()
    page.get_by_role("button", name="Always show results").first.click()
    assert all(seen(page)) and page.locator(".alexnet-folded:visible").count() == 0
    page.reload()
    assert all(seen(page))
    page.locator(".alexnet-progress summary").click()
    page.get_by_label("Always show results").uncheck()
    assert not all(seen(page)) and seen(page)[0]


@pytest.mark.slow
def test_without_scripts_nothing_is_folded(open_page):
    with open_page(CHAPTER, java_script_enabled=False) as visit:
        assert visit.page.locator(".alexnet-result, .alexnet-answer").count() == 0
        assert visit.page.get_by_text("run this cell again").first.is_visible()


@pytest.mark.slow
def test_it_runs_from_a_file_and_with_the_keyboard_alone(site, browser):
    context = browser.new_context()
    page, console = context.new_page(), []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto((site / CHAPTER).as_uri() + "#answer-convolution.shape")
    form = field(page, "convolution.shape")
    assert 0 <= form.bounding_box()["y"] < 700  # the address led to it
    form.get_by_role("textbox").focus()
    page.keyboard.type("45 x 45 x 96")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Enter")
    assert form.get_by_role("status").inner_text().startswith("Not yet: you rounded up")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("44 x 44 x 96")
    page.keyboard.press("Enter")
    assert form.get_by_role("status").inner_text().startswith("Right: (227")
    page.locator(".alexnet-predict input").first.focus()
    page.keyboard.type("zero")
    page.keyboard.press("Enter")
    assert page.locator(".alexnet-predict").first.inner_text() == "You predicted: zero"
    page.reload()
    assert field(page, "convolution.shape").get_by_role("textbox").input_value() == "44 x 44 x 96"
    assert console == []
    context.close()


@pytest.mark.slow
def test_two_windows_of_one_reader_do_not_overwrite_each_other(browser, address):
    context = browser.new_context()
    one, other = context.new_page(), context.new_page()
    one.goto(address + CHAPTER)
    other.goto(address + "book/51_full_size.html")
    answer(one, "convolution.positions", "7")
    answer(other, "full.pace", "30")
    answer(one, "convolution.unread", "3")
    assert set(kept(one)["right"]) == {"convolution.positions", "convolution.unread", "full.pace"}
    one.wait_for_function(
        "document.querySelector('.alexnet-progress summary').textContent.includes(', 3 of')"
    )
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(open_page, axe_script, viewport, scheme):
    with open_page(CHAPTER, viewport=viewport, scheme=scheme) as visit:
        page = visit.page
        answer(page, "convolution.positions", "6")
        answer(page, "convolution.unread", "1")
        answer(page, "convolution.macs", "")
        page.locator(".alexnet-progress summary").click()
        page.locator(".alexnet-predict input").first.fill("zero")
        page.locator(".alexnet-predict button").first.click()
        page.locator(".alexnet-predict button").nth(1).click()
        page.evaluate(axe_script)
        passed, violations = page.evaluate(
            """() => axe.run({ include: [['.alexnet-answer'], ['.alexnet-predict'],
                    ['.alexnet-folded'], ['.alexnet-progress'], ['.alexnet-result']] },
                { resultTypes: ['violations'], preload: false }).then(r => [r.passes.length,
                    r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)])])"""
        )
        assert passed > 10 and violations == []
        small = page.evaluate(
            """() => [...document.querySelectorAll('.alexnet-answer, .alexnet-predict,' +
                    '.alexnet-folded, .alexnet-progress')]
                .flatMap(e => [...e.querySelectorAll('button, input, summary')])
                .filter(e => e.checkVisibility())
                .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
        )
        assert small == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_the_script_is_small_and_its_data_too(site):
    folder = site / answers.STATIC
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    print(sizes)
    assert sizes.pop("answers.js") < 20_000 and sizes.pop("answers.css") < 6_000
    assert set(sizes) == {f"{name}.js" for name in (*CHAPTERS, "intro")}
    assert max(sizes.values()) < 12_000
