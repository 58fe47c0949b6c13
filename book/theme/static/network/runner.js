// Runs the engine: in a worker, or in the page itself, a layer at a time, where there is none.
import { makeEngine, workerSource } from "./engine.js";
import { PLAN } from "./plan.js";

let arriving = null;

// The weights come as a script: a page that was opened as a file may fetch nothing else.
export function loadWeights(address) {
  arriving ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = (why) => {
      arriving = null;
      script.remove();
      reject(new Error(`The network's weights ${why}.`));
    };
    script.onerror = () => fail("did not arrive: is this computer offline?");
    script.onload = () => {
      const text = globalThis.alexnetWeights ?? "";
      delete globalThis.alexnetWeights;
      let bytes = new Uint8Array();
      try {
        bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      } catch {
        // Said below, by their number.
      }
      if (bytes.length === PLAN.bytes) resolve(bytes.buffer);
      else fail(`came damaged: ${bytes.length} bytes of ${PLAN.bytes}`);
    };
    script.src = address;
    document.head.append(script);
  });
  return arriving;
}

export class Runner {
  constructor(bytes) {
    this.bytes = bytes;
    try {
      const source = new Blob([workerSource()], { type: "text/javascript" });
      this.worker = new Worker(URL.createObjectURL(source));
      this.worker.onmessage = ({ data }) => data.outputs && this.answer(data);
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.withoutWorker();
      };
      this.worker.postMessage({ plan: PLAN, bytes });
    } catch {
      this.withoutWorker();
    }
  }

  withoutWorker() {
    this.worker = null;
    this.engine = makeEngine(PLAN, this.bytes);
    if (this.pixels) this.inSlices(this.pixels).then(this.answer);
  }

  // {outputs, products, ms} of one picture; one at a time.
  run(pixels) {
    return new Promise((resolve) => {
      this.answer = (result) => {
        this.pixels = null;
        resolve(result);
      };
      this.pixels = pixels;
      if (this.worker) this.worker.postMessage({ pixels });
      else this.inSlices(pixels).then(this.answer);
    });
  }

  async inSlices(pixels) {
    const steps = this.engine.steps(pixels);
    let ms = 0;
    for (;;) {
      const start = performance.now();
      const step = steps.next();
      ms += performance.now() - start;
      if (step.done) return { ...step.value, ms };
      await new Promise((next) => setTimeout(next));
    }
  }
}
