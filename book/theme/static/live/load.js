// On every page, so it is small: fetches an interactive part only where a page holds one. The build
// joins the modules of each into one plain script, since a browser refuses modules of a page that
// was opened as a file.
{
  const here = document.currentScript.src;
  const add = (tag, attributes) =>
    document.head.append(Object.assign(document.createElement(tag), attributes));
  const sheet = (path) => add("link", { rel: "stylesheet", href: new URL(path, here) });
  const large = ["workbench", "network", "convolution"]; // with a style sheet of their own
  const small = ["descent", "depth", "pooling", "lrn", "curves", "field", "crowd", "towers"];
  const names = [...large, ...small]
    .filter((name) => document.querySelector(`alexnet-${name}`));
  if (names.length) sheet("base.css");
  for (const name of names) {
    if (large.includes(name)) sheet(`../${name}/${name}.css`);
    add("script", { src: new URL(`../${name}/bundle.js`, here) });
  }
}
