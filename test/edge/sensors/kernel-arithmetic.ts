/**
 * What the kernel's drivers compute on I2C before our adapter reads a file: the stand-in for them. Our own copies of the
 * documented cases are in kernel-arithmetic.test.ts, the published vectors in test/air/vectors.
 */
export const sensirion = {
  /** CRC-8 of two bytes: polynomial 0x31, begins with 0xFF, not reflected (Sensirion, "Checksum Calculation"). */
  crc8: (bytes: Uint8Array): number => {
    let crc = 0xff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x31) & 0xff : (crc << 1) & 0xff;
    }
    return crc;
  },
  /** The words of an answer, each of which is followed by its CRC-8; throws where one is wrong, as a driver gives EIO. */
  words: (bytes: Uint8Array): readonly number[] => {
    const view = Buffer.from(bytes);
    return Array.from({ length: bytes.length / 3 }, (_, i) => {
      if (sensirion.crc8(view.subarray(3 * i, 3 * i + 2)) !== view[3 * i + 2]) throw new Error("EIO");
      return view.readUInt16BE(3 * i);
    });
  },
  /** SCD4x: ppm, °C, percent (datasheet, "read_measurement"). */
  scd4x: ([co2 = 0, temperature = 0, humidity = 0]: readonly number[]) => ({
    co2,
    temperature: -45 + (175 * temperature) / 65_535,
    humidity: (100 * humidity) / 65_535,
  }),
  isReady: (word: number): boolean => (word & 0x7ff) !== 0,
  forcedCorrection: (word: number): number => word - 0x8000,
  temperatureOffset: (celsius: number): number => Math.trunc((celsius * 65_535) / 175),
} as const;

/** Bosch's integer arithmetic of BMP280 and BME280 (datasheet, "compensation formulas"). */
export const bosch = {
  temperature: (adc: number, [t1, t2, t3]: readonly [number, number, number]) => {
    const first = (((adc >> 3) - (t1 << 1)) * t2) >> 11;
    const half = (adc >> 4) - t1;
    const fine = first + ((((half * half) >> 12) * t3) >> 14);
    return { fine, centiC: (fine * 5 + 128) >> 8 };
  },
  /** Pa; the 64-bit variant, in 1/256 Pa. */
  pressure: (adc: number, fine: number, calibration: readonly number[]): number => {
    const p = (place: number) => BigInt(calibration[place - 1] ?? 0);
    const t = BigInt(fine) - 128_000n;
    const second = t * t * p(6) + ((t * p(5)) << 17n) + (p(4) << 35n);
    const first = (((1n << 47n) + (((t * t * p(3)) >> 8n) + ((t * p(2)) << 12n))) * p(1)) >> 33n;
    if (first === 0n) return 0;
    const raw = (((1_048_576n - BigInt(adc)) << 31n) - second) * 3_125n;
    const pressure = raw / first;
    const bent =
      (pressure + ((p(9) * (pressure >> 13n) * (pressure >> 13n)) >> 25n) + ((p(8) * pressure) >> 19n)) >> 8n;
    return Number(bent + (p(7) << 4n)) / 256;
  },
} as const;
