// From a picture of the reader's to the bytes that the network reads: what Preprocessing.cut does
// in alexnet_tutorial/pictures/preprocessing.py. Nothing here sends anything anywhere.
import { PLAN } from "./plan.js";

const CROP = PLAN.input[0];
const LARGEST = 80e6; // pixels
const ROOM = 8; // times the short side asked for: what is larger is made smaller by the browser
const LONGEST = 4; // times the short side: the ends of a longer picture are never read

// Which values of a line make each value of the resized line, as Pillow's bilinear filter has it.
function shares(from, to, first, count) {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, i) => {
    const center = (first + i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - reach + 0.5), 0);
    const end = Math.min(Math.trunc(center + reach + 0.5), from);
    const all = [];
    for (let x = start; x < end; x++) all.push(Math.max(1 - Math.abs(x - center + 0.5) / reach, 0));
    const sum = all.reduce((a, b) => a + b);
    return { start, all: all.map((share) => share / sum) };
  });
}

// Resize by the short side and cut out the center: RGBA in, RGB out, CROP × CROP.
export function cut(rgba, width, height) {
  const short = Math.min(width, height);
  const [wide, high] = [width, height].map((side) => Math.floor((PLAN.resize * side) / short));
  const columns = shares(width, wide, Math.floor((wide - CROP) / 2), CROP);
  const rows = shares(height, high, Math.floor((high - CROP) / 2), CROP);
  const top = rows[0].start;
  const bottom = rows[CROP - 1].start + rows[CROP - 1].all.length;
  const narrow = new Uint8ClampedArray((bottom - top) * CROP * 3);
  for (let y = top; y < bottom; y++) {
    columns.forEach(({ start, all }, x) => {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let i = 0; i < all.length; i++) sum += all[i] * rgba[(y * width + start + i) * 4 + c];
        narrow[((y - top) * CROP + x) * 3 + c] = sum; // rounds
      }
    });
  }
  const pixels = new Uint8ClampedArray(CROP * CROP * 3);
  rows.forEach(({ start, all }, y) => {
    for (let x = 0; x < CROP * 3; x++) {
      let sum = 0;
      for (let i = 0; i < all.length; i++) sum += all[i] * narrow[(start - top + i) * CROP * 3 + x];
      pixels[y * CROP * 3 + x] = sum;
    }
  });
  return pixels;
}

const canvas = document.createElement("canvas");

// The network's input from anything that can be drawn.
export function pixelsOf(source, width, height) {
  const short = Math.min(width, height);
  const [w, h] = [width, height].map((side) => Math.min(side, LONGEST * short));
  const scale = Math.min(1, (ROOM * PLAN.resize) / short);
  [canvas.width, canvas.height] = [w, h].map((side) => Math.max(1, Math.round(side * scale)));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white"; // behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  const from = [Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h];
  context.drawImage(source, ...from, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return cut(data, canvas.width, canvas.height);
}

export async function fromAddress(url, name) {
  const image = new Image();
  image.src = url;
  const unreadable = `${name} is no picture that this browser can read. It reads JPEG, PNG, WebP ` +
    "and GIF; a photograph in another format can be saved as one of these first.";
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error(unreadable));
  });
  const width = image.naturalWidth || 512; // a drawing may have no size
  const height = image.naturalHeight || 512;
  if (width * height > LARGEST) {
    throw new Error(
      `${name} has ${Math.round((width * height) / 1e6)} megapixels, and this page reads up to ` +
        `${LARGEST / 1e6}. The network sees ${CROP} × ${CROP} of them: make it smaller first.`,
    );
  }
  await image.decode().catch(() => {
    throw new Error(`${unreadable} Its ${width} × ${height} pixels may be too many for it.`);
  });
  return pixelsOf(image, width, height);
}

export async function fromFile(file) {
  const url = URL.createObjectURL(file);
  try {
    return await fromAddress(url, file.name ? `“${file.name}”` : "What was given");
  } finally {
    URL.revokeObjectURL(url);
  }
}

const REFUSED = {
  NotAllowedError: "The camera was refused. To allow it, change the permission of this page in " +
    "the browser's address bar, and press the button again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera does not answer. Does another program use it?",
};

export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("The browser gives this page no camera: it does so only over https, or from " +
      "this computer's own server. A picture can be opened all the same.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } },
    });
  } catch (error) {
    throw new Error(REFUSED[error.name] ?? `The camera does not work: ${error.message}.`);
  }
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  await video.play();
  return video;
}

export function closeCamera(video) {
  for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
}
