import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "#kit/clock.ts";
import { closeAll } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { createLogger } from "#kit/logger.ts";
import { FleetSettings, type FleetTask, type FromFleet, ToFleet } from "./fleet-calls.ts";
import { openDeviceCare } from "./open-device-care.ts";
import { openFleet } from "./open-fleet.ts";
import { FleetRefused } from "./refused.ts";

/** The thread that holds the authority's key, the twins and the rollouts: no sync of their files may hold the live map. */

const { logLevel, ...settings } = FleetSettings.parse(workerData);
const port = parentPort;
if (port === null) throw new Error("fleet-worker.ts runs as a worker thread");
const log = createLogger("cloud.fleet", logLevel);
const tell = (message: FromFleet) => port.postMessage(message);

type Open = Awaited<ReturnType<typeof open>>;

function perform({ fleet, twins, rollouts }: Open, task: FleetTask): Promise<unknown> {
  switch (task.kind) {
    case "claim":
      return fleet.claim(task.order);
    case "enrol":
      return fleet.enrol(task.request);
    case "nonce":
      return fleet.nonce();
    case "renew":
      return fleet.renew(task.request);
    case "revoke":
      return fleet.revoke(task.order);
    case "certificates":
      return fleet.certificates(task.query);
    case "revocation-list":
      return fleet.revocationList();
    case "authority":
      return fleet.authority();
    case "counts":
      return fleet.counts();
    case "twin":
      return twins.twin(task.address);
    case "put-twin":
      return twins.putTwin(task.order);
    case "devices":
      return twins.devices(task.query);
    case "add-rollout":
      return rollouts.addRollout(task.order);
    case "rollouts":
      return rollouts.rollouts();
    case "rollout":
      return rollouts.rollout(task.id);
    case "step-rollout":
      return rollouts.stepRollout(task.id, task.step);
    case "remove-artefact":
      return rollouts.removeArtefact(task.sha256);
    default:
      return task satisfies never;
  }
}

/** Opens all that this thread holds. */
async function open() {
  const fleet = await openFleet({ ...settings, clock: systemClock, log });
  const care = openDeviceCare({ ...settings, clock: systemClock, log });
  return { fleet, ...care, close: () => closeAll([fleet, care]) };
}

function serve(opened: Open): void {
  port?.on("message", (message: unknown) => {
    const call = ToFleet.parse(message);
    if (call === "close") {
      void opened.close().finally(() => port?.close());
      return;
    }
    const { id, task } = call;
    perform(opened, task).then(
      (value) => tell({ kind: "answer", id, value }),
      (error: unknown) => {
        if (error instanceof FleetRefused) {
          tell({ kind: "refused", id, code: error.code, message: error.message });
          return;
        }
        log.error({ event: "fleet.failed", err: error, task: task.kind }, "the fleet could not do what was asked");
        tell({ kind: "failed", id, message: messageOf(error) });
      },
    );
  });
  tell({ kind: "open" });
}

open().then(serve, (error: unknown) => {
  tell({ kind: "shut", message: messageOf(error) });
  port.close();
});
