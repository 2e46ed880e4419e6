import { z } from "zod";
import { limits } from "./limits.ts";
import { DeviceName, SensorName, Sha256, SiteName, TenantName } from "./names.ts";

/** How far `at` may be trusted; where it is `none`, `at` is null and the cloud derives it later from boot and up. */
export const ClockQuality = z.enum(["gps", "ntp", "rtc", "none"]);
export type ClockQuality = z.infer<typeof ClockQuality>;

const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const UtcMs = z.number().int().min(0).max(8_640_000_000_000_000);
/** Milliseconds since boot: at most 300 years, so that sums with times stay exact numbers. */
const Up = z.number().int().min(0).max(10_000_000_000_000);

/** What a device puts around each durable message when it is appended. */
const stamp = {
  v: z.literal(1),
  /** UTC ms; null where `clock` is `none`. */
  at: UtcMs.nullable(),
  clock: ClockQuality,
  /** Random name of this start of the machine, or of the program where the machine has none. */
  boot: Id,
  /** Milliseconds since boot. */
  up: Up,
};

/** What the outbox adds when a message leaves: the log, the number that the journal gave it, and the opaque id. */
const place = {
  log: Id,
  seq: z.number().int().min(1),
  id: z.string().min(1).max(128),
};

const envelope = { ...stamp, ...place };

/** The verdict on a site's photo. */
export const SiteState = z.enum(["clean", "overflow", "scattered", "not_a_site", "unusable", "unsure"]);
export type SiteState = z.infer<typeof SiteState>;

const Probability = z.number().min(0).max(1);
/** The model's probabilities of its four classes. */
export const Probabilities = z.object({
  clean: Probability,
  overflow: Probability,
  scattered: Probability,
  not_a_site: Probability,
});
export type Probabilities = z.infer<typeof Probabilities>;

/**
 * Why nobody could judge a photo: too `dark` or `overexposed`, `blurred` (out of focus or moved), the lens `covered`, the
 * picture `too-small`, a `screenshot` instead of a photo; `model`: the network itself says that it cannot tell.
 */
export const UnusableReason = z.enum(["dark", "overexposed", "blurred", "covered", "too-small", "screenshot", "model"]);
export type UnusableReason = z.infer<typeof UnusableReason>;

/** Finer than this is no coarse map: a network looks at some 7 to 12 cells a side. */
const MAX_HEAT_CELLS = 32;

/**
 * Where the network saw what it takes for waste: `h` rows of `w` cells that cover the upright photo, a byte each, base64.
 * 128 says nothing, one more is a quarter of a logit for waste, one less a quarter of a logit against it.
 */
export const Heat = z
  .looseObject({
    w: z.number().int().min(1).max(MAX_HEAT_CELLS),
    h: z.number().int().min(1).max(MAX_HEAT_CELLS),
    cells: z.base64().max(4 * Math.ceil(MAX_HEAT_CELLS ** 2 / 3)),
  })
  .refine(({ w, h, cells }) => base64Bytes(cells) === w * h, "cells are not w times h bytes");
export type Heat = z.infer<typeof Heat>;

const base64Bytes = (text: string): number => (text.length * 3) / 4 - (/=*$/.exec(text)?.[0].length ?? 0);

/**
 * Fields that we know: µg/m³ for particles (`pm25`, `pm10` of an SDS011) and gases, carbon monoxide in mg/m³; °C, %, hPa for
 * the climate; of the wind m/s and the degrees it comes from (0 is north, 90 east).
 */
export const FieldName = z.enum([
  "pm25",
  "pm10",
  "pm1_atm",
  "pm25_atm",
  "pm10_atm",
  "pm1_cf1",
  "pm25_cf1",
  "pm10_cf1",
  "temperature",
  "humidity",
  "pressure",
  "o3",
  "no2",
  "so2",
  "co",
  "h2s",
  "nh3",
  "formaldehyde",
  "wind_speed",
  "wind_direction",
]);
export type FieldName = z.infer<typeof FieldName>;

/**
 * What our own devices write under a name: the fields above, and those that are stored but not shown yet. µg/m³ for `pm…`,
 * particles in a cm³ larger (`n_over_…`, Plantower) or smaller (`n_to_…`, from 0.3 µm, SPS30) than so many µm, the typical
 * size in µm, CO2 in ppm, the gas layer in Ω (`gas_resistance`) or in ticks of its instrument.
 */
export const MeasuredName = z.enum([
  ...FieldName.options,
  "pm1",
  "pm4",
  "n_over_0_3",
  "n_over_0_5",
  "n_over_1",
  "n_over_2_5",
  "n_over_5",
  "n_over_10",
  "n_to_0_5",
  "n_to_1",
  "n_to_2_5",
  "n_to_4",
  "n_to_10",
  "particle_size",
  "co2",
  "gas_resistance",
  "gas_ticks",
  "voc_index",
]);
export type MeasuredName = z.infer<typeof MeasuredName>;

/** More values in one sample than this is a mistake: the instruments that we know of have a dozen. */
const MAX_VALUES = 64;

/**
 * Measured values by name. Any name is taken and stored, so that a newer device's readings are not refused whole; pages
 * show the fields of `FieldName`.
 */
export const Values = z
  .record(z.string().regex(/^[a-z0-9_]{1,32}$/), z.number())
  .refine((values) => Object.keys(values).length > 0, "no value")
  .refine((values) => Object.keys(values).length <= MAX_VALUES, `more than ${MAX_VALUES} values`);
export type Values = z.infer<typeof Values>;

/**
 * Why a sample is to be doubted; the value is kept, whoever uses it decides. The device knew: it was `warming-up`; the
 * device was colder or hotter than the instrument allows; its laser has lived longer than promised; the instrument
 * reported a fault of its own; nothing has changed for hours (`stuck`); its parts contradict each other (mass without
 * particles); more than it can measure.
 */
export const SampleStatus = z.enum([
  "warming-up",
  "out-of-spec-temperature",
  "laser-life-exceeded",
  "instrument-fault",
  "stuck",
  "inconsistent",
  "over-range",
]);
export type SampleStatus = z.infer<typeof SampleStatus>;

/** A newer device may have more words than we know: they are kept, not refused. */
const StatusWord = z.string().regex(/^[a-z0-9-]{1,32}$/);

/** Values are medians over so many milliseconds before their `at`; absent: measured at that moment. */
const WindowMs = z.number().int().min(0);

/** One moment of one sensor. `at` and `up` are its own; unknown members are kept. */
export const Sample = z.looseObject({
  at: UtcMs.nullable(),
  up: Up,
  values: Values,
  /** Where it differs from the reading's: the time became known, or better known, while the pack was filled. */
  clock: ClockQuality.optional(),
  /** Where it differs from the reading's. */
  windowMs: WindowMs.optional(),
  /** Words of `SampleStatus`; absent: nothing to doubt. */
  status: z.array(StatusWord).max(16).optional(),
});
export type Sample = z.infer<typeof Sample>;

/** A pack: samples of one sensor, oldest first, so that a radio wakes seldom. */
export const Reading = z.looseObject({
  ...envelope,
  kind: z.literal("reading"),
  sensor: SensorName,
  /** The instrument: `sds011`, `bme280`. */
  model: z.string().min(1).max(32),
  /** Name of the recording that is replayed; absent for a live sensor. */
  replay: z.string().min(1).max(128).optional(),
  /** Of each sample that does not say its own. */
  windowMs: WindowMs.optional(),
  samples: z.array(Sample).min(1).max(limits.samplesPerReading),
});
export type Reading = z.infer<typeof Reading>;

export const PhotoRole = z.enum(["before", "after"]);
export type PhotoRole = z.infer<typeof PhotoRole>;

/** One photo of a visit with the device's own verdict; unknown members are kept, they are signed too. */
export const VisitPhoto = z.looseObject({
  role: PhotoRole,
  sha: Sha256,
  takenAt: UtcMs.nullable(),
  /** When it was taken, on a device that did not know the time: the cloud derives it from boot and up. */
  boot: Id.optional(),
  up: Up.optional(),
  state: SiteState,
  /** Null where the picture was unusable before any model looked at it. */
  probabilities: Probabilities.nullable(),
  /** SHA-256 of the model file that judged. */
  model: Sha256,
  /** Of a device since 0.2: how sure the network is that the picture can be judged; null where it was not asked. */
  usable: Probability.nullable().optional(),
  /** A word of `UnusableReason`, or one that only a newer device knows; null where the photo is usable. */
  reason: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .nullable()
    .optional(),
  /** What the model looked at; null where it did not look. */
  heat: Heat.nullable().optional(),
  /** An earlier photo that this one may repeat, and how likely that is; null where the device found none. */
  seen: z.looseObject({ sha: Sha256, p: Probability }).nullable().optional(),
  /** How likely it is a photo of a screen or a print; null where that could not be told. */
  screen: Probability.nullable().optional(),
});
export type VisitPhoto = z.infer<typeof VisitPhoto>;

/** What the photos of a visit say together: are both of one place, is it cleaner after? Null where that could not be told. */
export const VisitPair = z.looseObject({ samePlace: Probability.nullable(), cleaner: Probability.nullable() });
export type VisitPair = z.infer<typeof VisitPair>;

/**
 * One completed visit of a site, signed. `prev` is the SHA-256 of the signed body before it (null for the first), so
 * that the visits of a device are a chain; see evidence.ts.
 */
export const Visit = z.looseObject({
  ...envelope,
  kind: z.literal("visit"),
  /** Random name of the visit. */
  visit: Id,
  site: SiteName,
  startedAt: UtcMs.nullable(),
  endedAt: UtcMs.nullable(),
  photos: z.array(VisitPhoto).min(1).max(16),
  pair: VisitPair.optional(),
  prev: Sha256.nullable(),
  /** Ed25519 signature, base64url. */
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type Visit = z.infer<typeof Visit>;

/** Announces a photo: its bytes follow as `n` chunks. */
export const PhotoNotice = z.looseObject({
  ...envelope,
  kind: z.literal("photo"),
  sha: Sha256,
  bytes: z
    .number()
    .int()
    .min(1)
    .max(4 * 1024 * 1024),
  n: z.number().int().min(1).max(1024),
});
export type PhotoNotice = z.infer<typeof PhotoNotice>;

/** The one line of JSON in front of a chunk's bytes. */
export const ChunkHeader = z.looseObject({
  ...envelope,
  kind: z.literal("chunk"),
  sha: Sha256,
  i: z.number().int().min(0).max(1023),
  n: z.number().int().min(1).max(1024),
});
export type ChunkHeader = z.infer<typeof ChunkHeader>;
export type Chunk = ChunkHeader & { readonly bytes: Uint8Array };

const Count = z.number().int().min(0);

/**
 * How the parts of a device are, as far as it says so: with its first health message, when a part's state changes, and
 * each quarter of an hour. A newer device may say more, an older one says nothing of it.
 */
export const HealthFacts = z.looseObject({
  /** The state of each part (`camera`, `sensor sds011`, `disk`) in a word; `well` is well. */
  parts: z.record(z.string().max(64), z.string().max(64)).optional(),
  /** Of the processor, °C. */
  celsius: z.number().optional(),
  /** The processor is slowed now; charge of the battery in %. */
  throttled: z.boolean().optional(),
  charge: z.number().optional(),
  /** Resident memory of the program in bytes. */
  rss: Count.optional(),
  /** Of the data folder: what may still be written, in bytes and files; `ro` where it can be read only. */
  disk: z.looseObject({ free: Count, inodes: Count.optional(), ro: z.boolean().optional() }).optional(),
  /** What waits in the outbox, by class: messages, bytes, and how long the oldest has waited (null: no clock can say). */
  outbox: z
    .record(z.string().max(16), z.looseObject({ n: Count, bytes: Count, ageMs: z.number().min(0).nullable() }))
    .optional(),
  /** Starts as far as they are counted; how the last run ended, and with what error. */
  runs: z
    .looseObject({
      starts: Count,
      last: z.string().max(32).nullable(),
      error: z.string().max(256).optional(),
      looping: z.boolean().optional(),
    })
    .optional(),
  /** Bytes written today (UTC) by the program, and to the whole card by everybody. */
  written: z.looseObject({ own: Count, card: Count.optional() }).optional(),
  /** Bytes over connections to the broker since boot; over TLS those inside of it. */
  sent: Count.optional(),
  received: Count.optional(),
  /** Photos that the model in use has judged since this program's start or its own: by state, and by why unusable. */
  verdicts: z
    .looseObject({
      states: z.record(z.string().max(32), Count),
      reasons: z.record(z.string().max(32), Count).optional(),
      /** Mean probability of the best of clean, dirty and no site. */
      confidence: Probability.optional(),
    })
    .optional(),
});
export type HealthFacts = z.infer<typeof HealthFacts>;

/**
 * What a device says of itself. One that has learned the time says so at once: with `boot` and `up` its `at` tells the
 * cloud when everything else of that boot was. `oldestPending` is its oldest unacknowledged number, null when the outbox
 * is empty.
 */
export const Health = z.looseObject({
  ...envelope,
  kind: z.literal("health"),
  software: z.string().max(64),
  model: Sha256.nullable(),
  oldestPending: z.number().int().min(1).nullable(),
  pending: z.number().int().min(0),
  /** Counted errors by code since the program's start. */
  errors: z.record(z.string().max(64), z.number().int().min(0)),
  /** `up` at the program's start: a machine may have been running for long then. Absent: unknown. */
  countedFrom: z.number().int().min(0).optional(),
  /** The whole of it, seldom; absent: as it was said last. */
  facts: HealthFacts.optional(),
});
export type Health = z.infer<typeof Health>;

const NumberRange = z.tuple([z.number().int().min(1), z.number().int().min(1)]);

/** More gateways than this do not stand behind one another. */
export const MAX_SPEAKERS = 8;

/**
 * Says which numbers were dropped, why and by whom: loss is never silent.
 *
 * A device speaks of a log of its own; a gateway names the device whose messages it dropped.
 */
export const Gap = z.looseObject({
  ...envelope,
  kind: z.literal("gap"),
  lostTenant: TenantName.optional(),
  lostDevice: DeviceName.optional(),
  /** `journal`: the messages could not be read, so the ranges are numbers of the gateway's journal and cover no log. */
  of: z.enum(["log", "journal"]).optional(),
  lostLog: Id,
  /** The gateways that said it first, where their gap was dropped and is said anew: it counts if all of them may say it. */
  saidBy: z.array(DeviceName).max(MAX_SPEAKERS).optional(),
  class: z.string().max(16),
  ranges: z.array(NumberRange).min(1),
  reason: z.string().max(64),
  by: z.string().max(80),
});
export type Gap = z.infer<typeof Gap>;

/** What only a device can know: tamper, fire, power. */
export const DeviceAlert = z.looseObject({
  ...envelope,
  kind: z.literal("alert"),
  what: z.enum(["tamper", "fire", "power"]),
});
export type DeviceAlert = z.infer<typeof DeviceAlert>;

/** Every durable message that is JSON. */
export const JsonMessage = z.discriminatedUnion("kind", [Reading, Visit, PhotoNotice, Health, Gap, DeviceAlert]);
export type Message = z.infer<typeof JsonMessage> | Chunk;

/** Retained at `state`; also the last will, with `online: false`. */
export const DeviceState = z.looseObject({
  v: z.literal(1),
  online: z.boolean(),
  boot: Id,
  software: z.string().max(64),
  model: Sha256.nullable(),
  /** Raw Ed25519 public key, base64url; pinned at first use. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type DeviceState = z.infer<typeof DeviceState>;

/** A gateway's own `state` at its parent; also its last will there, with `online: false`. */
export const GatewayState = z.looseObject({
  v: z.literal(1),
  online: z.boolean(),
  /** The tenants that it speaks for: while it is offline, what is retained of their devices is only what was known last. */
  tenants: z.array(TenantName),
  /** Random marks of the gateways that messages come through, its own first: a ring shows itself in them. */
  via: z.array(z.string().max(64)).max(256),
});
export type GatewayState = z.infer<typeof GatewayState>;

/** Retained at `stored`: what the city has of one log. Dropped and dead-lettered numbers count as covered. */
export const Stored = z.looseObject({
  v: z.literal(1),
  log: Id,
  /** Every number from 1 to this one is covered. */
  upTo: z.number().int().min(0),
  also: z.array(NumberRange),
  lost: z.array(NumberRange),
  /** The newest whole photos, newest first. */
  photos: z.array(Sha256).max(limits.storedPhotos),
});
export type Stored = z.infer<typeof Stored>;
