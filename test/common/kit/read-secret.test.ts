import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSecret } from "#kit/read-secret.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("readSecret", () => {
  it("gives what the file holds, without the line's end", async () => {
    const file = join(await tempFolder(), "token");
    await writeFile(file, "s3cret-s3cret\n");

    expect(await readSecret("TOKEN_FILE", file)).toBe("s3cret-s3cret");
  });

  it("refuses a file that is empty or missing, and names the setting", async () => {
    const file = join(await tempFolder(), "token");
    await expect(readSecret("TOKEN_FILE", file)).rejects.toThrow(/TOKEN_FILE: .* cannot be read/);

    await writeFile(file, " \n");

    await expect(readSecret("TOKEN_FILE", file)).rejects.toThrow(/TOKEN_FILE: .* is empty/);
  });
});
