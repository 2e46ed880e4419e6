import { messageOf } from "#kit/errors.ts";
import { nameOf, type SomeCamera } from "../../firmware-config/settings/camera-address.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { listCameras } from "./camera-program.ts";
import { listVideoDevices } from "./video-devices.ts";
import type { WatchedCamera } from "./watched-camera.ts";

/** Where to look. */
export interface DiscoverOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly sysfs?: string;
  readonly withinMs?: number;
}

/** A camera that is there. */
export interface FoundCamera {
  readonly address: SomeCamera;
  /** As it is written in `CAMERA`. */
  readonly setting: string;
  readonly name: string;
}

/** What is there, the one that `auto` would take first, and why nothing came of looking elsewhere. */
export interface Discovery {
  readonly found: readonly FoundCamera[];
  readonly troubles: readonly string[];
}

/** Looks for cameras at the connector and at USB. Never rejects. */
export async function discoverCameras(options: DiscoverOptions, signal: AbortSignal): Promise<Discovery> {
  const [connector, usb] = await Promise.all([lookAtConnector(options, signal), lookAtUsb(options.sysfs)]);
  return { found: [...connector.found, ...usb.found], troubles: [...connector.troubles, ...usb.troubles] };
}

/** By `rpicam-still`; by `libcamera-still` only where the system is too old to have it. */
async function lookAtConnector(options: DiscoverOptions, signal: AbortSignal): Promise<Discovery> {
  try {
    const cameras = await listCameras("rpicam-still", "sudo apt install rpicam-apps-lite", options, signal);
    return listed(cameras.map(({ index, name }) => foundAt({ kind: "rpicam", index }, name)));
  } catch (error) {
    if (!(error instanceof CameraUnavailable) || error.reason !== "not-installed") return inVain(error);
    const older = await listCameras("libcamera-still", "", options, signal).catch(() => undefined);
    if (older === undefined) return inVain(error);
    // Its package takes no index: it is the first camera or none.
    return listed(older.slice(0, 1).map(({ name }) => foundAt({ kind: "libcamera" }, name)));
  }
}

const listed = (found: readonly FoundCamera[]): Discovery => ({
  found,
  troubles: found.length > 0 ? [] : ["no camera at the connector (if there is one: its cable, then start anew)"],
});

const inVain = (error: unknown): Discovery => ({ found: [], troubles: [messageOf(error)] });

const foundAt = (address: SomeCamera, name: string): FoundCamera => ({ address, setting: nameOf(address), name });

async function lookAtUsb(sysfs: string | undefined): Promise<Discovery> {
  const devices = await listVideoDevices(sysfs);
  const cameras = devices.filter(({ isUsbCamera }) => isUsbCamera);
  return {
    found: cameras.map(({ device, name }) => foundAt({ kind: "v4l2", device }, name)),
    troubles: cameras.length > 0 ? [] : [`no USB camera among ${devices.length} video devices`],
  };
}

const LOOK_WITHIN_MS = 15_000;

/** Looks for cameras when it is called, without getting into the way of a shot of the device's own camera, if it has one. */
export function cameraFinder(options: DiscoverOptions, own: WatchedCamera | undefined): () => Promise<Discovery> {
  return async () => {
    const within = AbortSignal.timeout(LOOK_WITHIN_MS);
    const look = (signal: AbortSignal) => discoverCameras(options, signal);
    return own === undefined ? await look(within) : await own.whileIdle(within, look);
  };
}

/** What `auto` needs: a way to look, and a way to open what was found. */
export interface AutoCameraOptions {
  readonly discover: (signal: AbortSignal) => Promise<Discovery>;
  readonly open: (address: SomeCamera) => Promise<Camera>;
}

/** The first camera that is found; when it is gone, what is found then. */
export function createAutoCamera({ discover, open }: AutoCameraOptions): Camera {
  let chosen: Camera | undefined;

  async function choose(signal: AbortSignal): Promise<Camera> {
    if (chosen !== undefined) return chosen;
    const { found, troubles } = await discover(signal);
    const [first] = found;
    if (first === undefined) throw new CameraUnavailable("no-camera", `no camera was found: ${troubles.join("; ")}`);
    chosen = await open(first.address);
    return chosen;
  }

  async function use<Result>(signal: AbortSignal, task: (camera: Camera) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    const camera = await choose(signal);
    return await task(camera).catch((error: unknown) => {
      const isGone = error instanceof CameraUnavailable && ["no-camera", "not-installed"].includes(error.reason);
      if (isGone && chosen === camera) chosen = undefined;
      throw error;
    });
  }

  return {
    capture: (signal) => use(signal, (camera) => camera.capture(signal)),
    check: (signal) => use(signal, (camera) => camera.check(signal)),
  };
}
