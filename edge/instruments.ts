import { type Closer, closeAll } from "#kit/closer.ts";
import { hasCamera } from "../firmware-config/settings/camera-settings.ts";
import type { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";
import { cameraFinder, type Discovery } from "./camera/discover.ts";
import { type Cycle, type CycleOptions, startCycle } from "./cycle.ts";
import { openSensors, type SensorParts } from "./sensors/open-sensors.ts";
import type { Sensor } from "./sensors/sensor.ts";
import type { Machine, Truck } from "./truck.ts";
import type { VisitsOptions } from "./visits/visit-keeper.ts";

/** What the device takes photos and measures with. */
export interface Instruments extends Closer {
  /** Undefined where there is no camera. */
  readonly truck: Truck | undefined;
  readonly sensors: readonly Sensor[];
  readonly cycle: Cycle;
  /** Looks for cameras without getting into the way of the device's own. */
  readonly findCameras: () => Promise<Discovery>;
}

/** What instruments need. */
export type InstrumentParts = Machine &
  SensorParts &
  Pick<CycleOptions, "pace"> &
  Omit<VisitsOptions, "folder" | "camera" | "judge" | "pairs">;

/** Opens camera and model, then the sensors, and begins the rounds; closed the other way round. */
export async function openInstruments(config: EdgeConfig, parts: InstrumentParts): Promise<Instruments> {
  // Loaded only where there is a camera: pictures and the model bring native libraries of some 60 MB.
  const openTruck = hasCamera(config) ? (await import("./truck.ts")).openTruck : async () => undefined;
  const truck = await openTruck(config, parts, parts);
  const sensorSet = await openSensors(config, parts);
  const { sensors } = sensorSet;
  const cycle = startCycle({ ...parts, sensors, replay: config.REPLAY });
  return {
    truck,
    sensors,
    cycle,
    findCameras: cameraFinder(parts, truck?.camera),
    close: () => closeAll([...(truck === undefined ? [] : [truck]), sensorSet, cycle]),
  };
}
