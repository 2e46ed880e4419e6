import { describe, expect, it } from "vitest";
import { describeConfig, loadConfig } from "#kit/load-config.ts";
import { programEnvironment } from "../../../edge/camera/program-environment.ts";
import { nameOf } from "../../../firmware-config/settings/camera-address.ts";
import { cameraOf, hasCamera } from "../../../firmware-config/settings/camera-settings.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";

const LEAST = { TENANT: "demo", DEVICE: "truck-1", TOKEN: "0123456789abcdef", BROKER_URL: "mqtts://broker.example" };
const load = (change: Readonly<Record<string, string>> = {}) => loadConfig(EdgeConfig, { ...LEAST, ...change });

describe("the settings of a camera", () => {
  it("name none where nothing is set: a post that measures air loads no model", () => {
    expect(hasCamera(load())).toBe(false);
    expect(hasCamera(load({ CAMERA: "none" }))).toBe(false);
  });

  it("take CAMERA_FOLDER as before", () => {
    expect(cameraOf(load({ CAMERA_FOLDER: "/photos" }))).toEqual({ kind: "folder", folder: "/photos" });
  });

  it.each([
    "auto",
    "rpicam",
    "rpicam:1",
    "libcamera",
    "v4l2:/dev/video0",
    "v4l2:/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0",
    "url:http://192.168.1.64/ISAPI/Streaming/channels/101/picture",
    "folder:/photos",
  ])("take %s and show it as it was written", (text) => {
    expect(nameOf(cameraOf(load({ CAMERA: text })))).toBe(text);
  });

  it.each([
    ["CAMERA", "webcam"],
    ["CAMERA", "rpicam:10"],
    ["CAMERA", "rpicam:0;reboot"],
    ["CAMERA", "v4l2:/dev/sda"],
    ["CAMERA", "v4l2:/dev/video0 -f null"],
    ["CAMERA", "v4l2:/dev/../etc/passwd"],
    ["CAMERA", "v4l2:/dev/v4l/by-id/../../sda"],
    ["CAMERA", "url:file:///etc/passwd"],
    ["CAMERA", "url:http://admin:secret@192.168.1.64/x.jpg"],
    ["CAMERA", "folder:"],
    ["CAMERA_OPTIONS", "zoom=2"],
    ["CAMERA_OPTIONS", "width"],
    ["CAMERA_OPTIONS", "width=641,height=480"],
    ["CAMERA_OPTIONS", "warmup=0"],
    ["CAMERA_OPTIONS", "gain=1e1"],
    ["CAMERA_OPTIONS", "gain=Infinity"],
  ])("refuse %s=%s and name the setting", (key, value) => {
    expect(() => load({ CAMERA: "rpicam", [key]: value })).toThrow(`${key}: `);
  });

  it("refuse what the camera would not use, and a password that is not for it", () => {
    expect(() => load({ CAMERA: "v4l2:/dev/video0", CAMERA_OPTIONS: "exposure=sport,width=640,height=480" })).toThrow(
      "CAMERA=v4l2 does not know exposure",
    );
    expect(() => load({ CAMERA: "libcamera", CAMERA_OPTIONS: "hdr=auto" })).toThrow("does not know hdr");
    expect(() => load({ CAMERA: "rpicam", CAMERA_SECRET_FILE: "/x" })).toThrow("CAMERA_SECRET_FILE: is only for");
    expect(() => load({ CAMERA: "rpicam", CAMERA_FOLDER: "/x" })).toThrow("one of them");
  });

  it("never show the query of a URL, where some cameras want their password", () => {
    const camera = cameraOf(load({ CAMERA: "url:http://192.168.1.64/shot.cgi?usr=admin&pwd=secret" }));

    expect(nameOf(camera)).toBe("url:http://192.168.1.64/shot.cgi");
  });

  it("do not repeat a password that was put into the URL", () => {
    const wrong = () => load({ CAMERA: "url:http://admin:secret@192.168.1.64/" });

    expect(wrong).toThrow(/^(?!.*secret@)[\s\S]*CAMERA_SECRET_FILE/);
  });

  it("stand in the help with their words", () => {
    expect(describeConfig("edge", EdgeConfig)).toMatch(/CAMERA_OPTIONS +width=2304/);
  });
});

describe("programEnvironment", () => {
  it("holds what programs need and none of our settings", () => {
    const given = { PATH: "/bin", HOME: "/root", LIBCAMERA_LOG_LEVELS: "*:ERROR", TOKEN: "secret", CLAIM: "secret" };

    expect(programEnvironment(given)).toEqual({
      PATH: "/bin",
      HOME: "/root",
      LIBCAMERA_LOG_LEVELS: "*:ERROR",
      LC_ALL: "C",
    });
  });
});
