// On every page, so it is small: fetches the workbench only where a page holds one. A plain script,
// since a browser refuses modules of a page that was opened as a file.
if (document.querySelector("alexnet-workbench") && location.protocol.startsWith("http")) {
  const here = document.currentScript.src;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("workbench.css", here);
  document.head.append(style);
  import(new URL("workbench.js", here));
}
