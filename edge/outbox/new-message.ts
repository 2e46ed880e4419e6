import type { z } from "zod";
import { ChunkHeader, DeviceAlert, Gap, Health, PhotoNotice, Reading, Visit } from "#contract/messages.ts";

const place = { log: true, seq: true, id: true } as const;

/** The messages of the contract without log, seq and id: those are given when a message leaves the outbox. */
export const NewReading = Reading.omit(place);
export type NewReading = z.infer<typeof NewReading>;

export const NewVisit = Visit.omit(place);
export type NewVisit = z.infer<typeof NewVisit>;

export const NewPhotoNotice = PhotoNotice.omit(place);
export type NewPhotoNotice = z.infer<typeof NewPhotoNotice>;

export const NewHealth = Health.omit(place);
export type NewHealth = z.infer<typeof NewHealth>;

const NewGap = Gap.omit(place);
const NewDeviceAlert = DeviceAlert.omit(place);

const NewChunkHeader = ChunkHeader.omit(place);
export type NewChunk = z.infer<typeof NewChunkHeader> & { readonly bytes: Uint8Array };

/** Whatever a device may say durably, before it has its number. */
export type NewMessage =
  | NewReading
  | NewVisit
  | NewPhotoNotice
  | NewHealth
  | NewChunk
  | z.infer<typeof NewGap>
  | z.infer<typeof NewDeviceAlert>;
