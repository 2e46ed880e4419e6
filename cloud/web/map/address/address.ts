import { Pollutant } from "../../../air/pollutants.ts";
import { Language } from "../../page/language.ts";
import { type Camera, cameraOf, textOfCamera } from "./camera-text.ts";
import { AverageName, type Choice, FIRST_CHOICE } from "./choice.ts";
import { hashOf, type View, viewOf } from "./view-address.ts";

/** Everything that the page's address says, so that what one person sees can be sent to another. */
export interface Address {
  readonly view: View;
  readonly choice: Choice;
  /** The past moment that is shown, in ms; null for now. */
  readonly atMs: number | null;
  /** Where the map looks; null until it has looked anywhere. */
  readonly camera: Camera | null;
  /** The language of the link; null follows the reader's own. */
  readonly language: Language | null;
}

const MINUTE_MS = 60_000;

/** `2026-11-22T10:40Z`: whole minutes, in UTC so that it means the same everywhere. */
const textOfMoment = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16)}Z`;

function momentOf(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}

const STANDARD = /^[a-z0-9-]{1,32}$/;

/** Reads the part of an address after `#`; whatever is not understood counts as not said. */
export function addressOf(hash: string): Address {
  const [path = "", query = ""] = hash.split("?", 2);
  const said = new URLSearchParams(query);
  const standard = said.get("standard") ?? "";
  return {
    view: viewOf(path),
    choice: {
      standard: STANDARD.test(standard) ? standard : FIRST_CHOICE.standard,
      pollutant: Pollutant.safeParse(said.get("pollutant")).data ?? FIRST_CHOICE.pollutant,
      average: AverageName.safeParse(said.get("average")).data ?? FIRST_CHOICE.average,
    },
    atMs: momentOf(said.get("at")),
    camera: cameraOf(said.get("map")),
    language: Language.safeParse(said.get("lang")).data ?? null,
  };
}

/** Writes an address as the part after `#`. The choice always stands in it: a shared link outlives our defaults. */
export function hashOfAddress({ view, choice, atMs, camera, language }: Address): string {
  const said = new URLSearchParams({ ...choice });
  if (atMs !== null) said.set("at", textOfMoment(atMs));
  if (camera !== null) said.set("map", textOfCamera(camera));
  if (language !== null) said.set("lang", language);
  // Commas and colons may stand in a fragment as they are, and people read it.
  return `${hashOf(view)}?${said.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}
