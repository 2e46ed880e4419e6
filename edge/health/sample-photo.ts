import sharp from "sharp";

const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
  <rect width="640" height="480" fill="#9db4c0"/><rect y="300" width="640" height="180" fill="#7a7265"/>
  <rect x="180" y="190" width="130" height="150" fill="#2f6b3a"/><rect x="330" y="190" width="130" height="150" fill="#33503f"/>
  <path d="M170 190h300l-12-22H182z" fill="#1f2d24"/><circle cx="210" cy="348" r="12"/><circle cx="430" cy="348" r="12"/>
</svg>`;

/** A drawn photo of two containers: it shows that the model runs, not that it is right. */
export async function drawSamplePhoto(): Promise<Uint8Array> {
  return await sharp(Buffer.from(DRAWING)).jpeg({ quality: 90 }).toBuffer();
}
