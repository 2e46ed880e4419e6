import { between, type Random, whole } from "../../random.ts";
import { type ColourPicture, decodeColour } from "../pairs/warp.ts";
import { type MadeCamera, takePhoto } from "./made-camera.ts";
import { displayScene, type Glare, honestScene, type Pose, printScene } from "./made-scenes.ts";

/** What the made camera was held before. */
export const SUBJECTS = ["screen", "print", "place"] as const;
export type Subject = (typeof SUBJECTS)[number];

/**
 * How wide a display's pixel, or the way from dot to dot of a print, is in the photo (1,280 px), in its pixels. `near`: a part of a monitor, a phone held close.
 * `usual`: a monitor or an A4 sheet that fills the picture. `fine`: a phone or a large monitor that just fills it.
 */
export const STRENGTHS = { near: [1.5, 3], usual: [0.8, 1.5], fine: [0.45, 0.8] } as const;
export type Strength = keyof typeof STRENGTHS;

/** Sensor pixels along a pixel of the photo: cameras of 1.2, 2.8 and 4.9 megapixels. One of 12 would leave less to see. */
const SENSOR_SCALES = [1, 1.5, 2] as const;
/** A camera is seldom held so straight that rows lie on rows; radians. */
const MOST_ROLL = 0.14;
/** Foreshortening over what is made: a third of the device's photo, so a third of what a whole one has. */
const MOST_SLANT = 0.1;

/** How much of both there is where a camera is held squarely: at most 1° of roll. */
export const SQUARELY = 1 / 8;

/**
 * A photo photographed once more from a screen or a print, or the place itself through the same camera; JPEG as the device would
 * send it. The same photo, subject, strength and chance give the same bytes. It has the photo's own size, so that what is
 * shown has the detail of a real photo: it stands for a part of the device's 1,280 px. `aslant`: how much of the usual roll and slant.
 */
export async function photograph(
  jpeg: Uint8Array,
  subject: Subject,
  strength: Strength,
  random: Random,
  aslant = 1,
): Promise<Uint8Array> {
  const picture = await decodeColour(jpeg);
  const pose = poseOf(random, aslant);
  const [least, most] = STRENGTHS[strength];
  const pitch = least * (most / least) ** random();
  const camera = cameraOf(picture, pitch / RAYS_PER_PITCH[subject], random);
  return await takePhoto(sceneOf(picture, subject, pose, pitch * pose.zoom, random), camera, random);
}

function sceneOf(picture: ColourPicture, subject: Subject, pose: Pose, pitch: number, random: Random) {
  switch (subject) {
    case "place":
      return honestScene(picture, picture, pose);
    case "screen": {
      const kind = random() < 0.6 ? "stripes" : "dots";
      const display = { kind, pixel: pitch, gap: between(random, 0.04, 0.2) } as const;
      return displayScene(picture, picture, pose, display, glareOf(random, 0.05, 0));
    }
    case "print": {
      const print = { ruling: pitch, paper: between(random, 0.75, 0.92) };
      return printScene(picture, picture, pose, print, glareOf(random, 0.02, 0.5));
    }
    default:
      return subject satisfies never;
  }
}

function poseOf(random: Random, aslant: number): Pose {
  const slant = () => aslant * between(random, -MOST_SLANT, MOST_SLANT);
  return {
    roll: aslant * between(random, -MOST_ROLL, MOST_ROLL),
    slantX: slant(),
    slantY: slant(),
    zoom: between(random, 0.75, 0.95),
  };
}

/** Rays along the finest thing that repeats: a display's pixel has three colours side by side, a print's dots are round. */
const RAYS_PER_PITCH = { screen: 4, print: 3, place: 2 } as const;

function cameraOf({ widthPx, heightPx }: ColourPicture, rayPx: number, random: Random): MadeCamera {
  const sensorScale = SENSOR_SCALES[whole(random, 0, SENSOR_SCALES.length - 1)] ?? 1;
  return {
    widthPx,
    heightPx,
    sensorScale,
    blurPx: between(random, 0.35, 0.9),
    rays: Math.min(7, Math.max(2, Math.ceil(1 / (rayPx * sensorScale)))),
    electrons: 10 ** between(random, 3, 4.3),
    sharpening: between(random, 0, 0.6),
    quality: whole(random, 75, 95),
  };
}

/** A veil of up to so much light, a lamp's reflection in some, and light that falls off by up to so much. */
function glareOf(random: Random, veil: number, fall: number): Glare {
  const spot = {
    x: random(),
    y: random(),
    radius: between(random, 0.05, 0.2),
    light: random() < 0.3 ? between(random, 0.1, 0.6) : 0,
  };
  const towards = between(random, 0, 2 * Math.PI);
  const side = { fall: between(random, 0, fall), across: Math.cos(towards), down: Math.sin(towards) };
  return { veil: between(random, 0, veil), spot, ...side };
}
