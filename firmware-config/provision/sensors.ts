import { z } from "zod";
import { ByteAddress } from "../settings/byte-address.ts";
import { PLANTOWER_MODELS } from "../settings/plantower-models.ts";

/** A sensor that the kernel reads, over I2C: what wakes its driver. */
interface KernelSensor {
  readonly by: "kernel";
  /** Addresses that it can have; the first is meant where none is named. */
  readonly addresses: readonly [string, ...string[]];
  /** A parameter of Raspberry Pi's `i2c-sensor` overlay, or `own` with the `compatible` of a node of ours. */
  readonly overlay: string | { readonly own: string };
}

/** A sensor at a serial line or a socket, which the program reads itself. */
interface LineSensor {
  readonly by: "line";
  readonly setting: "SDS011" | "PMS" | "SPS30" | "GPSD";
  readonly settings: Readonly<Record<string, string>>;
  readonly address: string;
}

const USB = "serial:/dev/ttyUSB0";
/** The adapter that SDS011 comes with, wherever it is plugged in: a link that udev makes (`DEVICE_RULES`). */
const OWN_ADAPTER = "serial:/dev/dvornik-sds011";
const UART = "serial:/dev/serial0";
const plantower = (model: string): readonly [string, LineSensor] => [
  model,
  { by: "line", setting: "PMS", settings: { PMS_MODEL: model }, address: UART },
];

/**
 * What can be named in `--sensors`. Overlays: Raspberry Pi's `overlays/README`, `i2c-sensor`; it has no parameter for
 * SCD30, SCD4x and SGP40, so those get a node of ours with the `compatible` of the kernel's driver (`Documentation/
 * devicetree/bindings/iio/chemical/sensirion,*.yaml`).
 */
const SENSORS: ReadonlyMap<string, KernelSensor | LineSensor> = new Map<string, KernelSensor | LineSensor>([
  ["bme280", { by: "kernel", addresses: ["0x76", "0x77"], overlay: "bme280" }],
  ["bme680", { by: "kernel", addresses: ["0x76", "0x77"], overlay: "bme680" }],
  ["sps30", { by: "kernel", addresses: ["0x69"], overlay: "sps30" }],
  ["scd4x", { by: "kernel", addresses: ["0x62"], overlay: { own: "sensirion,scd41" } }],
  ["scd30", { by: "kernel", addresses: ["0x61"], overlay: { own: "sensirion,scd30" } }],
  ["sgp40", { by: "kernel", addresses: ["0x59"], overlay: { own: "sensirion,sgp40" } }],
  ["sds011", { by: "line", setting: "SDS011", settings: {}, address: OWN_ADAPTER }],
  ["sps30-uart", { by: "line", setting: "SPS30", settings: {}, address: USB }],
  ...PLANTOWER_MODELS.map(plantower),
  ["gps", { by: "line", setting: "GPSD", settings: {}, address: "tcp://127.0.0.1:2947" }],
]);

/** Where a serial sensor is looked for when nothing else is said. */
export function usualAddress(name: string): string | undefined {
  const sensor = SENSORS.get(name);
  return sensor?.by === "line" ? sensor.address : undefined;
}

/** The names, for a person. */
export const SENSOR_NAMES: readonly string[] = [...SENSORS.keys()];

/** A sensor that a device is to have, with its address where it is not the usual one: `0x77`, `serial:/dev/ttyUSB1`. */
export const SensorWish = z
  .strictObject({ name: z.string(), address: z.string().optional() })
  .superRefine(({ name, address }, context) => {
    const sensor = SENSORS.get(name);
    const fault =
      sensor === undefined ? `${name} is none of ${SENSOR_NAMES.join(", ")}` : faultOfAddress(sensor, address);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });
export type SensorWish = z.infer<typeof SensorWish>;

function faultOfAddress(sensor: KernelSensor | LineSensor, address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (sensor.by === "kernel") {
    return sensor.addresses.includes(address) ? undefined : `${address} must be ${sensor.addresses.join(" or ")}`;
  }
  return ByteAddress.safeParse(address).error?.issues[0]?.message;
}

/** `bme280,sds011@serial:/dev/ttyUSB1` as a list; `none` is an empty one. */
export const SensorList = z
  .string()
  .transform((text) => (text === "none" ? [] : text.split(",").map(wishOf)))
  .pipe(z.array(SensorWish));

function wishOf(text: string): z.input<typeof SensorWish> {
  const at = text.indexOf("@");
  return at < 0 ? { name: text.trim() } : { name: text.slice(0, at).trim(), address: text.slice(at + 1).trim() };
}

/** What a sensor comes to: settings of the program, and what the boot needs. */
export interface SensorNeeds {
  readonly settings: Readonly<Record<string, string>>;
  /** Lines of `config.txt`. */
  readonly bootLines: readonly string[];
  /** Nodes that are compiled on the device: file name and source. */
  readonly nodes: readonly { readonly name: string; readonly source: string }[];
  /** The sensor is at the processor's own UART, which must not be a console. */
  readonly usesUart: boolean;
  readonly usesSerial: boolean;
  readonly usesGps: boolean;
  /** Devices that gpsd opens beside those that it finds at USB. */
  readonly gpsDevices: readonly string[];
}

/** All that these sensors need together. A second Plantower becomes channel B. */
export function needsOf(wishes: readonly SensorWish[]): SensorNeeds {
  const settings: Record<string, string> = {};
  const bootLines: string[] = [];
  const nodes: { name: string; source: string }[] = [];
  const gpsDevices: string[] = [];
  for (const { name, address } of wishes) {
    const sensor = SENSORS.get(name);
    const receiver = name === "gps" ? /^serial:(.*)$/.exec(address ?? "")?.[1] : undefined;
    if (receiver !== undefined && sensor?.by === "line") {
      // The program asks gpsd, and gpsd the receiver.
      gpsDevices.push(receiver);
      settings[sensor.setting] = sensor.address;
    } else if (sensor?.by === "line") {
      Object.assign(settings, sensor.settings);
      settings[settings.PMS !== undefined && sensor.setting === "PMS" ? "PMS_B" : sensor.setting] =
        address ?? sensor.address;
    }
    if (sensor?.by === "kernel") {
      const at = address ?? sensor.addresses[0];
      const named = sensor.addresses.length > 1 ? `,addr=${at}` : "";
      if (typeof sensor.overlay === "string") bootLines.push(`dtoverlay=i2c-sensor,${sensor.overlay}${named}`);
      else {
        nodes.push({ name: `dvornik-${name}`, source: nodeSource(sensor.overlay.own, at) });
        bootLines.push(`dtoverlay=dvornik-${name}`);
      }
    }
  }
  if (bootLines.length > 0) bootLines.unshift("dtparam=i2c_arm=on");
  const lines = Object.values(settings);
  const usesUart = [...lines, ...gpsDevices.map((device) => `serial:${device}`)].some((line) =>
    /^serial:\/dev\/(serial0|ttyAMA|ttyS0)/.test(line),
  );
  // Bluetooth has the good UART of a Pi 3 and 4; the other one changes its speed with the processor's. A Pi 5 has
  // pins 8 and 10 at uart0, off by default, and serial0 at its debug connector (raspberrypi/documentation #3239).
  if (usesUart) bootLines.push("enable_uart=1", "dtoverlay=disable-bt", "[pi5]", "dtparam=uart0=on", "[all]");
  const usesSerial = lines.some((line) => line.startsWith("serial:"));
  return { settings, bootLines, nodes, usesUart, usesSerial, usesGps: settings.GPSD !== undefined, gpsDevices };
}

/** An overlay with one device at the processor's I2C bus, for `dtc -@`. */
function nodeSource(compatible: string, address: string): string {
  const at = address.slice(2);
  return `/dts-v1/;
/plugin/;
/ {
	compatible = "brcm,bcm2835";
	fragment@0 {
		target = <&i2c_arm>;
		__overlay__ {
			#address-cells = <1>;
			#size-cells = <0>;
			status = "okay";
			sensor@${at} {
				compatible = "${compatible}";
				reg = <${address}>;
			};
		};
	};
};
`;
}
