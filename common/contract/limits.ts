/** Limits that both ends of a connection rely on; the reasons are in the design, sections 3 and 4. */
export const limits = {
  /** Largest MQTT packet that the gateway takes, in bytes. */
  packetBytes: 256 * 1024,
  /** Largest piece of a photo in one chunk, in bytes. */
  chunkBytes: 32 * 1024,
  /** Largest photo after re-encoding, in bytes. */
  photoBytes: 200 * 1024,
  /** Long side of a photo after re-encoding, in pixels. */
  photoLongSidePx: 1280,
  /** Unacknowledged publishes of a device's uplink. */
  uplinkWindow: 64,
  /** Unacknowledged deliveries to a client of the role consumer. */
  consumerWindow: 16_000,
  /** Unacknowledged deliveries of durable data to any other client. */
  sessionWindow: 1_000,
  /** Filters that one client may hold: an operator has five for each of its tenants, of which there are at most 64. */
  filtersPerClient: 512,
  /** Most samples in one reading. */
  samplesPerReading: 3_600,
  /** Largest payload that a topic keeps: `state`, the twins, `stored` with its 256 hashes (18 KiB) and 2,000 ranges. */
  retainedBytes: 64 * 1024,
  /** `stored` names this many of the newest whole photos. */
  storedPhotos: 256,
} as const;
