// On every page, so it is small: fetches an interactive part only where a page holds one. The build
// joins the modules of each, and those that they share, into plain scripts: a browser refuses
// modules of a page that was opened as a file.
{
  const { head, currentScript } = document;
  const [base] = currentScript.src.split("live/");
  const add = (tag, more) => head.append(Object.assign(document.createElement(tag), more));
  const sheet = (path) => add("link", { rel: "stylesheet", href: `${base + path}.css` });
  // One after the other.
  const script = (name) => add("script", { async: false, src: `${base + name}/bundle.js` });
  const known = new Set();
  const load = (name) => {
    if (known.has(name)) return;
    if (!known.size) sheet("live/base"), script("live");
    known.add(name);
    // These have a style sheet of their own.
    if (/work|net/.test(name)) sheet(`${name}/${name}`);
    script(name);
  };
  for (const part of document.querySelectorAll("article :not(:defined)")) {
    const name = part.localName.split("alexnet-")[1];
    if (part.matches("alexnet-network:not([page])")) {
      // Within a page it waits for who wants it: a button and a still picture are there.
      part.onclick = ({ target }) => {
        const item = target.closest("li, button");
        if (!item) return;
        part.onclick = null;
        part.setAttribute("started", item.querySelector("b")?.innerText);
        load(name);
      };
    } else if (name) load(name);
  }
}
