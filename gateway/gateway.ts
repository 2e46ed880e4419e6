import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { RECORD_CLASSES } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import type { GatewayConfig } from "../firmware-config/settings/gateway-settings.ts";
import { type Access, startAccess } from "./access/access.ts";
import { Allowances } from "./access/allowances.ts";
import { Lockout } from "./access/lockout.ts";
import { startBroker } from "./broker.ts";
import { ConsumerGroup } from "./delivery/consumer-group.ts";
import { DataSessions } from "./delivery/data-sessions.ts";
import { keptNotes } from "./delivery/kept-notes.ts";
import { sessionLimitsOf } from "./delivery/session-limits.ts";
import { type Doors, startFront } from "./front/front.ts";
import { startLimits } from "./front/live-limits.ts";
import { type GatewayHealth, healthOf } from "./health.ts";
import { inspectGateway } from "./inspect/inspect.ts";
import { Metrics } from "./metrics.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { gatewayBudget } from "./own/journal-budget.ts";
import { startRecordAges } from "./record-ages.ts";
import { retainedLimitsOf } from "./retained/retained-budget.ts";
import { forgottenRetained, journaledRetained } from "./retained/retained-messages.ts";
import { forgottenWills, journaledWills } from "./retained/wills.ts";
import { journalLayout } from "./uplink/journal-layout.ts";
import { rulesFor, startUplinkFor } from "./uplink/with-parent.ts";

/** A running gateway. */
export interface Gateway extends Closer {
  readonly port: number;
  readonly metricsPort: number;
  health(): GatewayHealth;
}

/**
 * Starts all parts of a gateway; what was started before a failure is closed again.
 *
 * `close` stops accepting, waits until everything that was taken is synced and acknowledged, and closes.
 */
export async function startGateway(config: GatewayConfig, clock: Clock, log: Logger): Promise<Gateway> {
  const started: Closer[] = [];
  const keep = <Started extends Closer>(closer: Started): Started => {
    started.push(closer);
    return closer;
  };
  try {
    await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 });
    const access = keep(await startAccess(config, clock, log));
    const { accounts } = access;
    const rules = rulesFor(config, access.rules);
    const file = join(config.DATA_DIR, "journal.db");
    const onListenerError = (error: unknown) =>
      log.error({ event: "delivery.failed", err: error }, "what was committed could not be handed on");
    const layout = journalLayout(config);
    const { classes, readers } = layout;
    const newId = () => randomBytes(12).toString("hex");
    const budget = gatewayBudget(config.JOURNAL_BYTES, { name: config.GATEWAY_NAME, newId, clock, log });
    const journal = keep(await openJournal({ file, classes, readers, onListenerError, budget }));
    const metrics = new Metrics(clock, log);
    const delivery = { journal, metrics, clock, log, kept: await keptNotes(journal) };
    const groups = new Map(
      Object.entries(layout.groups).map(([name, classes]) => [name, keep(new ConsumerGroup(name, classes, delivery))]),
    );
    const returnWithinMs = config.RETURN_WITHIN_S * 1000;
    const sessions = keep(new DataSessions(RECORD_CLASSES, delivery, sessionLimitsOf(config, config.JOURNAL_BYTES)));
    const memory = await memoryOf(config, journal, log);
    const broker = keep(await startBroker({ rules, metrics, log, returnWithinMs, ...memory }));
    const uplink = await startUplinkFor(config, { journal, broker, retained: memory.retained, clock, log });
    if (uplink !== undefined) keep(uplink);
    const live = keep(await startLimits(config, config.SETTINGS_FILE, log));
    const parts = {
      journal,
      accounts,
      rules,
      broker,
      groups,
      sessions,
      metrics,
      get limits() {
        return live.limits;
      },
      allowances: new Allowances(),
      lockout: new Lockout(),
    };
    const front = keep(await startFront(doorsOf(config, access), parts, clock, log));
    const ages = keep(
      await startRecordAges(journal, clock, (error) =>
        log.error({ event: "ages.not-kept", err: error }, "the ages of records are not on disk"),
      ),
    );
    let isReady = true;
    const health = () =>
      healthOf(
        {
          journal,
          ages,
          metrics,
          connections: () => front.connections,
          groups: () => [...[...groups.values()].map(({ status }) => status), ...sessions.status],
          uplink: () => uplink?.status() ?? null,
          troubles: () => [
            ...access.troubles,
            ...front.troubles,
            ...(live.trouble === undefined ? [] : [live.trouble]),
          ],
        },
        isReady,
      );
    let closing: Promise<void> | undefined;
    const close = () => {
      isReady = false;
      closing ??= closeAll(started);
      return closing;
    };
    const server = await startMetricsServer(config.METRICS_PORT, health, () =>
      inspectGateway({ journal, ages, retained: memory.retained, sessions: () => front.sessions() }),
    );
    started.unshift(server);
    return { port: front.port, metricsPort: server.port, health, close };
  } catch (error) {
    await closeAll(started);
    throw error;
  }
}

/** What outlives the gateway of its ordinary topics: nothing in the open mode. */
async function memoryOf(config: GatewayConfig, journal: Journal, log: Logger) {
  if (config.OPEN) return { retained: forgottenRetained, wills: forgottenWills };
  const onTrouble = (error: unknown) => log.error({ event: "will.not-kept", err: error }, "a will is not on disk");
  return {
    retained: await journaledRetained(journal, retainedLimitsOf(config)),
    wills: await journaledWills(journal, onTrouble),
  };
}

/** Where to listen: MQTT, and the same over WebSockets where a port for them is set. */
function doorsOf(config: GatewayConfig, { authority, takesTokens }: Access): Doors {
  const { HOST: host, PORT, WS_PORT, WS_ORIGINS, TLS_CERT, TLS_KEY } = config;
  const isPlain = TLS_CERT === undefined || TLS_KEY === undefined;
  const tls = isPlain ? undefined : { certFile: TLS_CERT, keyFile: TLS_KEY, authority, mayHaveNone: takesTokens };
  const origins = WS_ORIGINS.split(",").map((origin) => origin.trim());
  return {
    mqtt: { host, port: PORT, tls },
    webSocket: WS_PORT === undefined ? undefined : { host, port: WS_PORT, tls, origins },
  };
}
