import { z } from "zod";

/** Which camera a device has. */
export type CameraAddress = { readonly kind: "none" } | SomeCamera;

/** A camera that can be opened. */
export type SomeCamera =
  | { readonly kind: "auto" }
  /** The first one that `libcamera-still` knows. */
  | { readonly kind: "libcamera" }
  /** `index` as `rpicam-still --list-cameras` counts. */
  | { readonly kind: "rpicam"; readonly index: number }
  | { readonly kind: "v4l2"; readonly device: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "folder"; readonly folder: string };

const FORMS = "must be auto, rpicam, rpicam:1, libcamera, v4l2:/dev/video0, url:http://…, folder:/path or none";

/** A camera as a setting. */
export const CameraAddress = z.string().transform((text, context): CameraAddress => {
  const address = parseAddress(text);
  if (typeof address !== "string") return address;
  context.addIssue({ code: "custom", message: address });
  return z.NEVER;
});

/** A video device as the kernel names it, or the link that stays the same when it is plugged in anew. */
const DEVICE = /^\/dev\/(video\d{1,3}|v4l\/by-(id|path)\/[A-Za-z0-9][\w.:+-]{0,200})$/;

/** The address, or what is wrong with it. */
function parseAddress(text: string): CameraAddress | string {
  if (text === "none") return { kind: text };
  if (text === "auto" || text === "libcamera") return { kind: text };
  const colon = text.indexOf(":");
  const [kind, rest] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === "rpicam" && colon < 0) return { kind, index: 0 };
  if (kind === "rpicam" && /^\d$/.test(rest)) return { kind, index: Number(rest) };
  if (kind === "v4l2")
    return DEVICE.test(rest) ? { kind, device: rest } : "a video device is /dev/video0 or a link in /dev/v4l/by-id";
  if (kind === "folder" && rest !== "") return { kind, folder: rest };
  if (kind === "url") return parseUrl(rest);
  return FORMS;
}

/** The kind of camera that a setting names; an empty one and one that is not understood name none. */
export function cameraFromText(text: string): CameraAddress["kind"] {
  const address = parseAddress(text);
  return typeof address === "string" ? "none" : address.kind;
}

function parseUrl(text: string): CameraAddress | string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return "a camera's URL begins with http:// or https://";
  if (url.username !== "" || url.password !== "")
    return "put user and password into CAMERA_SECRET_FILE, not into the URL";
  return { kind: "url", url: url.href };
}

/** An address for a person or a log: of a URL neither the query nor the fragment, where some cameras want a password. */
export function nameOf(address: CameraAddress): string {
  switch (address.kind) {
    case "none":
    case "auto":
    case "libcamera":
      return address.kind;
    case "rpicam":
      return address.index === 0 ? "rpicam" : `rpicam:${address.index}`;
    case "v4l2":
      return `v4l2:${address.device}`;
    case "url":
      return `url:${urlWithoutSecrets(address.url)}`;
    case "folder":
      return `folder:${address.folder}`;
    default:
      return address satisfies never;
  }
}

/** Scheme, host and path of a URL: all of it that may be shown. */
export function urlWithoutSecrets(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}
