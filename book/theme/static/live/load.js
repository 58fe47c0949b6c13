// On every page, so it is small: fetches an interactive part only where a page holds one. The build
// joins the modules of each, and those that they share, into plain scripts: a browser refuses
// modules of a page that was opened as a file.
{
  const here = document.currentScript.src;
  const add = (tag, attributes) => document.head.append(Object.assign(document.createElement(tag), attributes));
  const sheet = (path) => add("link", { rel: "stylesheet", href: new URL(path, here) });
  const script = (path) => add("script", { src: new URL(path, here), async: false }); // in order
  const names = "workbench network convolution descent depth pooling lrn curves field crowd towers"
    .split(" ").filter((name) => document.querySelector(`alexnet-${name}`));
  if (names.length) {
    sheet("base.css");
    script("bundle.js");
  }
  for (const name of names) {
    if ("workbench network".includes(name)) sheet(`../${name}/${name}.css`);
    script(`../${name}/bundle.js`);
  }
}
