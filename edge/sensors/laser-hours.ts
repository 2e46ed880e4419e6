import { readFile, rename } from "node:fs/promises";
import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";

/** How long the lasers of this device have burnt, by instrument; counted over all starts. */
export interface LaserHours extends Closer {
  add(instrument: string, ms: number): void;
  hoursOf(instrument: string): number;
}

const HOUR_MS = 3_600_000;
/** A power cut loses a quarter of an hour at most, of 8,000; more often would only wear the card. */
const SAVE_EVERY_MS = 15 * 60_000;
const File = z.record(z.string(), z.number().min(0));

/**
 * Opens the count in a file (JSON: hours by instrument), saved each quarter of an hour and when it is closed.
 *
 * A file that cannot be understood is put aside as `FILE.bad` and the count begins at zero; `onTrouble` hears of it, and
 * of each save that fails.
 */
export async function openLaserHours(
  file: string,
  onTrouble: (reason: string) => void,
  saveEveryMs = SAVE_EVERY_MS,
): Promise<LaserHours> {
  const hours = await load(file, onTrouble);
  let isSaved = true;
  async function save(): Promise<void> {
    if (isSaved) return;
    isSaved = true;
    const rounded = Array.from(hours, ([name, count]) => [name, Math.round(count * 1000) / 1000]);
    try {
      await writeDurably(file, `${JSON.stringify(Object.fromEntries(rounded))}\n`);
    } catch (error) {
      isSaved = false;
      onTrouble(messageOf(error));
    }
  }
  const saving = every(saveEveryMs, save, (error) => onTrouble(messageOf(error)));
  return {
    add: (instrument, ms) => {
      hours.set(instrument, (hours.get(instrument) ?? 0) + ms / HOUR_MS);
      isSaved = false;
    },
    hoursOf: (instrument) => hours.get(instrument) ?? 0,
    close: async () => {
      await saving.close();
      await save();
    },
  };
}

async function load(file: string, onTrouble: (reason: string) => void): Promise<Map<string, number>> {
  try {
    return new Map(Object.entries(File.parse(JSON.parse(await readFile(file, "utf8")))));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Map();
    const aside = `${file}.bad`;
    await rename(file, aside).catch(() => {
      // It cannot be put aside either; the next save replaces it, or says why it cannot.
    });
    onTrouble(`${file} cannot be understood: laser hours begin at zero, the old file is ${aside}`);
    return new Map();
  }
}
