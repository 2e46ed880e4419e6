import { cameraFromText } from "./camera-address.ts";

/** The settings that a device was installed with, as text. */
export type Installed = Readonly<Record<string, string | undefined>>;

/**
 * Why this text is not taken from outside for a setting of this name, or undefined where it is. Without `installed` (the
 * cloud, a desk) only what every device would refuse is refused; each device is the judge of the rest.
 */
export type OutsideRule = (name: string, text: string, installed?: Installed) => string | undefined;

/** A serial line as the kernel names it, or a link that stays the same when it is plugged in anew (`provision` makes its own). */
const SERIAL =
  /^serial:\/dev\/(dvornik-[a-z0-9-]{1,32}|tty(USB|ACM|AMA|S)\d{1,3}|serial\d|serial\/by-(id|path)\/[A-Za-z0-9][\w.:+-]{0,200})$/;

const isAsInstalled = (name: string, text: string, installed?: Installed): boolean =>
  installed === undefined || installed[name] === text;

/** No other host, no socket and no file: the cloud could look around in the device's network, or write into its data. */
export const onlySerialLine: OutsideRule = (name, text, installed) =>
  text === "" || SERIAL.test(text) || isAsInstalled(name, text, installed)
    ? undefined
    : "from outside only a serial line is taken (serial:/dev/ttyUSB0), or what was installed";

/**
 * The camera of a truck is never taken away, since drivers' visits go with it; and what a camera shows is signed, so it is
 * hardware of this device or what was installed.
 */
export const onlyOwnCamera: OutsideRule = (name, text, installed) => {
  const kind = cameraFromText(text);
  if (kind === "none") {
    return hasInstalledCamera(installed) ? "a camera is installed here: it is not taken away from outside" : undefined;
  }
  const isOwn = kind !== "folder" && kind !== "url";
  return isOwn || isAsInstalled(name, text, installed)
    ? undefined
    : "from outside only a camera of the device itself is taken, or what was installed";
};

function hasInstalledCamera({ CAMERA = "", CAMERA_FOLDER = "" }: Installed = {}): boolean {
  return CAMERA === "" ? CAMERA_FOLDER !== "" : cameraFromText(CAMERA) !== "none";
}

/**
 * Whoever holds the cloud can have a certificate for a name of his own from public authorities in a minute. So where none
 * was installed the broker keeps its name (DNS can lead it elsewhere); an authority that was installed vouches by itself.
 */
export const onlyVouchedBroker: OutsideRule = (_, text, installed) => {
  const wanted = URL.parse(text);
  const own = URL.parse(installed?.BROKER_URL ?? "");
  if (wanted === null || own === null) return undefined;
  if (wanted.protocol !== own.protocol) return `the broker stays at ${own.protocol}, as installed`;
  const isVouched = own.protocol === "mqtts:" && (installed?.BROKER_CA ?? "") !== "";
  return isVouched || wanted.hostname === own.hostname
    ? undefined
    : `without an authority of its own (BROKER_CA) the broker stays at ${own.hostname}`;
};

/** What lives on a battery would measure until it is empty, and then be silent. */
export const noMainsOnBattery: OutsideRule = (_, text, installed) => {
  const own = installed?.POWER_PROFILE ?? "";
  const isSaving = own !== "" && own !== "mains";
  return isSaving && (text === "" || text === "mains")
    ? `it was installed on ${own}: saving is not switched off from outside`
    : undefined;
};
