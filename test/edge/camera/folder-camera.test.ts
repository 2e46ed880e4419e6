import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFolderCamera } from "../../../edge/camera/folder-camera.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const never = new AbortController().signal;

async function setUp(loop = false) {
  const root = await tempFolder();
  const folder = join(root, "photos");
  await mkdir(folder);
  const positionFile = join(root, "position.json");
  const open = () => createFolderCamera({ folder, positionFile, loop });
  let staged = 0;
  const nextName = () => {
    staged += 1;
    return `photo-${String(staged).padStart(3, "0")}.jpg`;
  };
  const stage = (jpeg: Uint8Array, name = nextName()) => writeFile(join(folder, name), jpeg);
  return { folder, open, stage, camera: open() };
}

describe("createFolderCamera", () => {
  behavesLikeACamera(setUp);

  it("goes on after the last photo taken when it is opened again", async () => {
    const { open, stage, camera } = await setUp();
    const blue = await drawColour("blue");
    await stage(await drawColour("red"));
    await stage(blue);
    await camera.capture(never);

    const photo = await open().capture(never);

    expect(Buffer.from(photo).equals(blue)).toBe(true);
    await expect(open().capture(never)).rejects.toThrow("no new photo");
  });

  it("begins anew after the last photo only where it was asked to", async () => {
    const { stage, camera } = await setUp(true);
    const red = await drawColour("red");
    await stage(red);

    await camera.capture(never);

    expect(Buffer.from(await camera.capture(never)).equals(red)).toBe(true);
  });

  it("takes files and links to files with a JPEG's name, nothing else", async () => {
    const { folder, stage, camera } = await setUp();
    await stage(await drawColour("red"), "b.JPEG");
    await stage(await drawColour("red"), "a.png");
    await mkdir(join(folder, "c.jpg"));
    await symlink(join(folder, "b.JPEG"), join(folder, "d.jpg"));
    await symlink(join(folder, "nowhere"), join(folder, "e.jpg"));

    await camera.capture(never);
    await camera.capture(never);

    await expect(camera.capture(never)).rejects.toThrow("e.jpg cannot be read");
    await expect(camera.capture(never)).rejects.toMatchObject({ code: "camera-unavailable" });
  });

  it("names the photo that cannot be read", async () => {
    const { stage, camera } = await setUp();
    await stage(Buffer.from("hello"), "letter.jpg");

    await expect(camera.capture(never)).rejects.toThrow("letter.jpg is not a JPEG");
  });
});
