// Exercises that answer on the page, predictions that come before results, and what a reader has
// done so far, which stays in the browser. What a page needs for it, the build wrote into
// alexnetAnswers (tools/answers.py). Answers are read and judged as in alexnet_tutorial/checks;
// tests/site/test_answers.py holds the two together.
var alexnetCheck = (() => {
  "use strict";

  // --- reading: reading.py ---------------------------------------------------------------------

  const SPACE = // Python's
    "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
  const DIGITS = `(?:[1-9][0-9]{0,2}(?:[,_ '’\\u00a0\\u202f][0-9]{3})+|[0-9]+)`;
  const UNSIGNED = `(?:${DIGITS}(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]{1,4})?`;
  const NUMBER = new RegExp(`^[+-]?${UNSIGNED}$`);
  const PIECE = new RegExp(`${SPACE}*(${UNSIGNED}|\\*\\*|//|sqrt|[-+*/()^×·x÷√])`, "y");
  const SIGNS = { "×": "*", "·": "*", x: "*", "÷": "/", "^": "**", "√": "sqrt" };
  const NESTED = 20;
  const NOTHING = { unread: "nothing" };

  const isNumber = (item) => typeof item === "number";
  const strip = (text) => text.replace(new RegExp(`^${SPACE}+|${SPACE}+$`, "g"), "");
  const plain = (text) => Number(text.replace(new RegExp(`[,_'’]|${SPACE}`, "g"), ""));

  // A number is a number, several are an array, 85 % is { percent: 85 }.
  function read(text, several) {
    const length = [...text].length;
    if (length > 300) return { unread: `a text of ${length.toLocaleString("en")} characters` };
    text = text.replace(/−/g, "-").toLowerCase();
    text = text.replace(/^[ \t\r\n"'“”‘’`]+|[ \t\r\n"'“”‘’`]+$/g, "");
    text = text.replace(/^answer/, "").replace(/^[ =:]+/, "");
    if (["", "...", "…", "?"].includes(text)) return NOTHING;
    const whole = several ? null : number(text);
    if (whole !== null) return whole;
    const inside = text.replace(/^[()[\]{} ]+|[()[\]{} ]+$/g, "").replace(/[.:;,!? )]+$/, "");
    if (/^(true|yes|false|no)$/.test(inside)) return inside === "true" || inside === "yes";
    for (const separator of ["×|x|\\*(?!\\*)|;", ",", `${SPACE}+`]) {
      const parts = inside.split(new RegExp(separator)).map(strip).filter(Boolean);
      if (several && parts.some((part) => part.includes(","))) continue;
      const numbers = parts.filter((part) => part !== "none" && part !== "?").map(number);
      if (numbers.length && !numbers.includes(null))
        return numbers.length === 1 ? numbers[0] : numbers;
    }
    const words = inside.replace(/[_-]/g, " ").split(new RegExp(`${SPACE}+`)).filter(Boolean);
    if (words[0] === "the" || words[0] === "option") words.shift();
    return words.join(" ") || { unread: "a text without a word or a number" };
  }

  function number(text) {
    text = strip(text);
    if (text.endsWith("%")) {
      const before = number(text.slice(0, -1));
      return isNumber(before) ? { percent: before } : null;
    }
    return NUMBER.test(text) ? plain(text) : workedOut(text);
  }

  function workedOut(text) {
    const pieces = [];
    PIECE.lastIndex = 0;
    while (PIECE.lastIndex < text.length) {
      const piece = PIECE.exec(text);
      if (!piece) return null;
      pieces.push(SIGNS[piece[1]] || piece[1]);
    }
    try {
      const value = sum(pieces, 0);
      return pieces.length ? null : value;
    } catch {
      return null;
    }
  }

  const take = (pieces, ...wanted) => (wanted.includes(pieces[0]) ? pieces.shift() : "");

  function finite(value) {
    if (!Number.isFinite(value)) throw new RangeError();
    return value;
  }

  function sum(pieces, depth) {
    let value = product(pieces, depth);
    for (let sign; (sign = take(pieces, "+", "-")); ) {
      const other = product(pieces, depth);
      value = finite(sign === "+" ? value + other : value - other);
    }
    return value;
  }

  function product(pieces, depth) {
    let value = power(pieces, depth);
    for (let sign; (sign = take(pieces, "*", "/", "//")); ) {
      const other = power(pieces, depth);
      value = finite(sign === "*" ? value * other : value / other);
      if (sign === "//") value = Math.floor(value);
    }
    return value;
  }

  function power(pieces, depth) {
    const sign = take(pieces, "+", "-");
    if (sign) return (sign === "-" ? -1 : 1) * power(pieces, depth + 1);
    const base = part(pieces, depth);
    return take(pieces, "**") ? finite(base ** power(pieces, depth + 1)) : base;
  }

  function part(pieces, depth) {
    if (depth > NESTED) throw new RangeError();
    if (take(pieces, "sqrt")) return finite(Math.sqrt(part(pieces, depth + 1)));
    if (take(pieces, "(")) {
      const value = sum(pieces, depth + 1);
      if (!take(pieces, ")")) throw new RangeError();
      return value;
    }
    const piece = pieces.shift();
    return finite(piece === undefined ? NaN : plain(piece));
  }

  function describe(given) {
    if (given.unread) return given.unread;
    if (typeof given === "boolean") return given ? "True" : "False";
    if (given.percent !== undefined) return "a percentage";
    if (isNumber(given)) return "one number";
    if (Array.isArray(given))
      return given.every(isNumber) ? `${given.length} numbers` : "things that are not all numbers";
    if (/^[\p{L}\p{N}_ .,:/()=+%-]{1,30}$/u.test(given))
      return `the word${given.includes(" ") ? "s" : ""} “${given}”`;
    return "a text that is neither a number nor a short word";
  }

  // --- judging: answers.py ---------------------------------------------------------------------

  function equal(given, right, tolerance) {
    if (given.percent !== undefined) given = given.percent / 100;
    if (Array.isArray(right))
      return (
        Array.isArray(given) &&
        given.length === right.length &&
        given.every((item, i) => equal(item, right[i], tolerance))
      );
    if (!isNumber(right) || !isNumber(given)) return given === right;
    if (given === right) return true;
    const away = Math.abs(given - right);
    const scale = Math.max(Math.abs(given), Math.abs(right));
    if (scale === Infinity) return false;
    return away <= Math.max(Math.max(tolerance, 1e-12) * scale, 1e-12);
  }

  function wrong(given, right, tolerance, hint) {
    const asNumber = isNumber(given) || given.percent !== undefined;
    let wanted, fits;
    if (typeof right === "boolean") {
      [wanted, fits] = ["True or False", typeof given === "boolean"];
    } else if (Array.isArray(right)) {
      wanted = `${right.length} numbers, such as (${right.map(() => "…").join(", ")})`;
      fits = Array.isArray(given) && given.length === right.length && given.every(isNumber);
    } else if (typeof right === "string") {
      const letter = right.length === 1;
      wanted = letter ? "one letter" : "a word";
      fits = typeof given === "string" && ([...given].length === 1 || !letter);
    } else {
      [wanted, fits] = ["one number", asNumber];
      if (Array.isArray(given) && given.length === 2)
        wanted += "; write a decimal point and not a comma";
      else if (typeof given === "string") wanted += ", without words or units";
    }
    if (!fits)
      return `what you gave was read as ${describe(given)}. This question asks for ${wanted}.`;
    if (isNumber(given) && !Number.isFinite(given)) {
      const name = String(given).replace("Infinity", "inf");
      return `${name} is not a number to compare with. Look at what was divided by what.`;
    }
    if (isNumber(right) && 0 < right && right < 1 && isNumber(given))
      if (equal(given, 100 * right, tolerance))
        return "that is a percentage. Give the share itself, or write the percent sign.";
    return hint || "that is another one. Write the reason down, with its numbers in it.";
  }

  // Give "missing", "not-yet" or "right", and why.
  function check([right, tolerance, why, hint, slips], text) {
    const given = read(text, Array.isArray(right));
    if (given === NOTHING) return ["missing", "type your prediction, then press Check."];
    if (equal(given, right, tolerance)) return ["right", why];
    const slip = slips.find(([value]) => equal(given, value, tolerance));
    return ["not-yet", slip ? slip[1] : wrong(given, right, tolerance, hint)];
  }

  const decode = (text) =>
    JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));

  if (typeof alexnetAnswers === "undefined") return { check, decode }; // in a test

  // --- what is kept ----------------------------------------------------------------------------

  const KEY = "alexnet-book";
  const BOOK = "AlexNet, taken apart";
  const MOST = 1e6; // bytes of a file that is read
  const { page, chapters, moved } = alexnetAnswers;
  const texts = (value) =>
    Object.fromEntries(
      Object.entries(value && typeof value === "object" ? value : {})
        .filter(([, text]) => typeof text === "string")
        .map(([name, text]) => [name, text.slice(0, 1000)])
    );
  let kept = true; // whether the browser keeps anything
  let state = tidy({});

  // An answer's last text; the questions that were right once; predictions, empty where the reader
  // had the result shown without one.
  function tidy(found) {
    const { answers, right, predictions, open } = Object(found);
    return {
      answers: texts(answers),
      right: Array.isArray(right) ? right.filter((name) => typeof name === "string") : [],
      predictions: carried(texts(predictions)),
      open: open === true,
    };
  }

  // A prediction bears the name of its page, which may have had another when it was made.
  function carried(found) {
    const now = {};
    for (const [name, text] of Object.entries(found)) {
      const to = name.replace(/^(predict-)(\w+)/, (_, start, old) => start + (moved[old] || old));
      if (to === name || !(to in found)) now[to] = text;
    }
    return now;
  }

  function load() {
    let text = null;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      kept = false;
    }
    if (!kept) return;
    try {
      state = tidy(JSON.parse(text));
    } catch {
      state = tidy({}); // damaged: begun again
    }
  }

  function keep(change) {
    load(); // another window may have written
    change(state);
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      kept = false;
    }
    draw();
  }

  // Add what a file holds that was exported here or elsewhere; say what became of it.
  async function bring(file) {
    let found = null;
    try {
      if (file.size < MOST) found = JSON.parse(await file.text());
    } catch {
      // Said below.
    }
    if (found?.book !== BOOK)
      return `“${file.name}” holds no progress of this book.`;
    const { answers, right, predictions } = tidy(found);
    keep((now) => {
      Object.assign(now.answers, answers);
      Object.assign(now.predictions, predictions);
      now.right = [...new Set([...now.right, ...right])];
    });
    const [made, guessed] = [answers, predictions].map((each) => Object.keys(each).length);
    return `Read: answers ${made}, predictions ${guessed}. Nothing else has changed.`;
  }

  // --- drawing ---------------------------------------------------------------------------------

  const questions = decode(alexnetAnswers.questions);
  const drawn = []; // what draws itself anew when the state changes
  const draw = () => drawn.forEach((each) => each());
  const article = document.querySelector("article");

  // make("p", { className: "x" }, "words", element, …)
  function make(tag, properties, ...inside) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  }

  const button = (words, act) => make("button", { type: "button", onclick: act }, words);

  // --- exercises -------------------------------------------------------------------------------

  function kind(right) {
    if (typeof right === "boolean") return "Yes or no.";
    if (Array.isArray(right))
      return `${right.length} numbers in a row, with commas or × between them.`;
    if (typeof right === "string") return right.length === 1 ? "One letter." : "One word.";
    return "A number, or arithmetic such as 3 · (20 + 1).";
  }

  function exercise(cell, name, number) {
    const off = { autocomplete: "off", autocapitalize: "off", spellcheck: false };
    const input = make("input", { id: `answer-${name}`, ...off });
    const help = make("small", { id: `answer-${name}-kind` }, kind(questions[name][0]));
    const said = make("div", { role: "status" });
    input.setAttribute("aria-describedby", help.id);
    let before;
    const say = () => {
      const given = state.answers[name];
      if (given === before) return;
      before = given;
      said.replaceChildren();
      if (given === undefined) return void (input.value = "");
      const [outcome, why] = check(questions[name], given);
      const title = { missing: "No answer yet", "not-yet": "Not yet", right: "Right" }[outcome];
      if (document.activeElement !== input) input.value = given;
      const words = make("p", {}, make("strong", {}, `${title}:`), ` ${why}`);
      said.append(make("div", { className: `alexnet-check ${outcome}` }, words));
    };
    const form = make(
      "form",
      { className: "alexnet-answer", autocomplete: "off" },
      make("label", { htmlFor: input.id }, `Your answer to exercise ${number}`),
      make("div", { className: "alexnet-line" }, input, make("button", {}, "Check")),
      help,
      said
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = input.value.slice(0, 1000);
      before = undefined; // the same answer is said again
      said.replaceChildren();
      keep((now) => {
        now.answers[name] = given;
        const right = check(questions[name], given)[0] === "right";
        if (right && !now.right.includes(name)) now.right.push(name);
      });
    });
    cell.classList.add("alexnet-answered");
    cell.append(form);
    drawn.push(say);
  }

  // --- predictions -----------------------------------------------------------------------------

  const PROMPT = /\bPredict\b/;

  // The calls of expect(…) in a cell say what comes out.
  function expectations(cell) {
    const found = [];
    for (const name of cell.querySelectorAll(".cell_input pre .n")) {
      if (name.textContent !== "expect") continue;
      const call = [name];
      let depth = 0;
      for (let next = name.nextSibling; next; next = next.nextSibling) {
        call.push(next);
        if (next.className === "p")
          for (const c of next.textContent) depth += "([{".includes(c) - ")]}".includes(c);
        if (depth === 0) break;
      }
      if (call.length < 3) continue; // imported, not called
      const inside = make("span", {});
      const cut = make("span", { className: "alexnet-cut" }, inside);
      name.before(cut);
      inside.append(...call);
      // Calls one after another fold into one line.
      const gap = cut.previousSibling;
      if (found.includes(gap?.previousSibling) && !gap.textContent.trim()) inside.prepend(gap);
      found.push(cut);
    }
    return found;
  }

  function block(prompt) {
    let found = prompt;
    while (found.parentElement.tagName !== "SECTION") found = found.parentElement;
    return found;
  }

  // What a reader tries out is no result.
  const tried = (element) =>
    [element, ...element.querySelectorAll("*")].some(
      (each) => each.localName.startsWith("alexnet-") || each.matches(".alexnet-explain")
    );

  // What a prediction is about: the next output, the cells that go on with it, and the words after.
  function results(prompt, blocks) {
    let next = block(prompt).nextElementSibling;
    const ends = () => !next || next.tagName === "SECTION" || blocks.has(next);
    const before = () =>
      next.textContent.includes("# Set-up:") ||
      (!next.querySelector(".cell_output") && !tried(next));
    while (!ends() && before()) next = next.nextElementSibling;
    if (ends() || tried(next)) return null;
    const cell = next;
    const folded = [cell.querySelector(".cell_output")];
    next = next.nextElementSibling;
    for (let words = false; !ends(); next = next.nextElementSibling) {
      const code = next.matches(".cell:has(> .cell_input, > details)");
      if ((words && code) || tried(next)) break;
      words = !code;
      folded.push(next);
    }
    return { cell, folded };
  }

  function prediction(prompt, name, found) {
    const id = `predict-${name}`;
    const input = make("input", { id, autocomplete: "off", maxLength: 300 });
    const said = make("p", { role: "status", tabIndex: -1 });
    prompt.id ||= `${id}-prompt`;
    input.setAttribute("aria-describedby", prompt.id);
    const shown = () => state.open || state.predictions[id] !== undefined;
    const line = make("div", { className: "alexnet-line" }, input, make("button", {}, "Commit"));
    const label = make("label", { htmlFor: id }, "Your prediction");
    const form = make("form", { className: "alexnet-predict" }, label, line, said);
    let warning = "";
    const commit = (text) => {
      input.value = warning = "";
      keep((now) => (now.predictions[id] = text));
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text) commit(text);
      else warning = `Type what you expect${found ? ", or have the result shown below" : ""}.`;
      draw();
      if (text) said.focus();
    });
    if (prompt.tagName === "LI") prompt.append(form);
    else prompt.after(form);

    const { cell, folded } = found || { folded: [] };
    const cuts = found ? expectations(cell) : [];
    // The button that was pressed is gone: the keyboard goes on from the result.
    const goOn = () => {
      folded[0].tabIndex = -1;
      folded[0].focus({ preventScroll: true });
    };
    const show = button("Show it", () => {
      commit("");
      goOn();
    });
    const always = button("Always show results", () => {
      keep((now) => (now.open = true));
      goOn();
    });
    const link = make("a", { href: `#${id}` }, "predict");
    const words = make("span", {}, "The result is folded until you ", link, ".");
    const fold = make("div", { className: "alexnet-folded" }, words, show, always);
    for (const each of folded) {
      each.classList.add("alexnet-result");
      // Found by the browser's search, or by a link: shown.
      each.addEventListener("beforematch", () => commit(""));
    }
    if (found) folded[0].before(fold);
    drawn.push(() => {
      const text = state.predictions[id];
      form.hidden = shown() && !text;
      label.hidden = line.hidden = !!text;
      said.textContent = text ? `You predicted: ${text}` : warning;
      fold.hidden = shown();
      for (const each of folded) {
        if (shown()) each.removeAttribute("hidden");
        else each.setAttribute("hidden", "until-found");
      }
      for (const cut of cuts) cut.classList.toggle("folded", !shown());
    });
  }

  // --- progress --------------------------------------------------------------------------------

  function progress() {
    const summary = make("summary", {});
    const list = make("ul", {});
    const said = make("p", { role: "status" });
    const box = make("input", { type: "checkbox", id: "alexnet-open" });
    box.addEventListener("change", () => keep((now) => (now.open = box.checked)));
    const save = button("Export as a file", () => {
      const text = JSON.stringify({ book: BOOK, ...state }, null, 1);
      const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      make("a", { href, download: "alexnet-progress.json" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000);
      said.textContent = "Written to alexnet-progress.json, among your downloads.";
    });
    const file = make("input", { type: "file", accept: ".json", hidden: true, ariaLabel: "File" });
    file.addEventListener("change", async () => {
      if (file.files.length) said.textContent = await bring(file.files[0]);
      file.value = ""; // the same file may be chosen again
    });
    const open = button("Import a file", () => file.click());
    const erase = button("Erase everything", () => {
      if (!confirm("Erase all answers and predictions of this book in this browser?")) return;
      keep((now) => Object.assign(now, tidy({})));
      said.textContent = "Erased.";
    });
    const panel = make(
      "details",
      { className: "alexnet-progress" },
      summary,
      list,
      make("label", { htmlFor: box.id }, box, " Always show results, before I predict as well"),
      make("div", { className: "alexnet-line" }, save, open, file, erase),
      said
    );
    const right = (of) => of.filter(([, name]) => state.right.includes(name));
    drawn.push(() => {
      box.checked = state.open;
      const score = (of) => `${right(of).length} of ${of.length}`;
      const inChapter = asked.length ? `${score(asked)} in this chapter, ` : "";
      const inBook = `${score(chapters.flatMap(([, , each]) => each))} in the book`;
      summary.textContent = `Exercises right: ${inChapter}${inBook}`;
      const lines = chapters.map(([key, title, all]) => {
        const done = right(all);
        const tried = all.filter((each) => !done.includes(each) && state.answers[each[1]]);
        const numbers = (of) => of.map(([number]) => number).join(", ");
        const words = [done.length === all.length ? `all ${all.length} right ✓` : score(all)];
        if (done.length && done.length < all.length) words.push(`right: ${numbers(done)}`);
        if (tried.length) words.push(`not yet: ${numbers(tried)}`);
        const link = make("a", { href: `${key}.html#exercises` }, title);
        return make("li", {}, link, ` ${words.join(" · ")}`);
      });
      list.replaceChildren(...lines);
      if (!kept)
        said.textContent =
          "This browser keeps nothing for this page: answers are gone when you leave it.";
    });
    return panel;
  }

  // --- the page --------------------------------------------------------------------------------

  load();
  const asked = chapters.flatMap(([key, , each]) => (key === page ? each : []));
  let first = null;
  for (const cell of article.querySelectorAll(".cell:not(.tag_solution)")) {
    const code = cell.querySelector(".cell_input")?.textContent ?? "";
    const name = /check\(\s*["']([\w.-]+)["']/.exec(code)?.[1];
    const known = asked.find((each) => each[1] === name);
    if (!known || !cell.querySelector(".alexnet-check")) continue;
    exercise(cell, name, known[0]);
    first ||= cell;
  }
  const section = first?.closest("section");

  const prompts = [...article.querySelectorAll("section p, section li")].filter(
    (each) =>
      page !== "intro" &&
      !section?.contains(each) &&
      !each.closest(".cell") &&
      !each.querySelector("p") &&
      PROMPT.test(each.textContent)
  );
  const blocks = new Set(prompts.map(block));
  const places = {};
  prompts
    .map((prompt) => [prompt, results(prompt, blocks)])
    .forEach(([prompt, found]) => {
      const place = prompt.closest("section").id;
      places[place] = (places[place] || 0) + 1;
      prediction(prompt, `${page}-${place}-${places[place]}`, found);
    });

  const cards = document.querySelector(".alexnet-cards");
  if (section) {
    const note = "Type your answer: it is checked in your browser.";
    const box = make("div", { className: "alexnet-here" }, make("p", {}, note), progress());
    const heading = section.querySelector("h2, h3");
    const intro = heading.nextElementSibling;
    const own = intro?.matches("p") && !/^\d/.test(intro.textContent);
    // How it goes in a notebook.
    if (own && / run/.test(intro.textContent)) intro.classList.add("alexnet-away");
    (own ? intro : heading).after(box);
  } else if (cards && Object.keys(state.answers).length) {
    cards.before(progress());
  }
  draw();

  window.addEventListener("storage", (event) => {
    if (![KEY, null].includes(event.key)) return;
    load();
    draw();
  });
  // The field that the address names was not there when the page was read.
  const target = decodeURIComponent(location.hash.slice(1));
  if (/^(answer|predict)-/.test(target)) document.getElementById(target)?.scrollIntoView();
  return { check, decode };
})();
