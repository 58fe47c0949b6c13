// On every page, so it is small: fetches the workbench only where a page holds one.
if (document.querySelector("alexnet-workbench") && location.protocol.startsWith("http")) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("workbench.css", import.meta.url);
  document.head.append(style);
  import("./workbench.js");
}
