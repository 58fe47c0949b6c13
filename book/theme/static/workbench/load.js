// On every page, so it is small: fetches the workbench only where a page holds one. The build joins
// its modules into one plain script, since a browser refuses modules of a page opened as a file.
if (document.querySelector("alexnet-workbench")) {
  const here = document.currentScript.src;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("workbench.css", here);
  const script = document.createElement("script");
  script.src = new URL("bundle.js", here);
  document.head.append(style, script);
}
