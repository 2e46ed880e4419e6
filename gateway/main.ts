import { systemClock } from "#kit/clock.ts";
import { loadConfig } from "#kit/load-config.ts";
import { createLogger } from "#kit/logger.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { GatewayConfig } from "../firmware-config/settings/gateway-settings.ts";
import { startGateway } from "./gateway.ts";

await runMain('dvornik gateway: the MQTT broker, an acknowledgement means "on disk here"', GatewayConfig, async () => {
  const config = loadConfig(GatewayConfig, {
    ...process.env,
    ...(process.argv.includes("--open") ? { OPEN: "true" } : {}),
  });
  const log = createLogger("gateway", config.LOG_LEVEL);
  const gateway = await startGateway(config, systemClock, log);
  closeOnSignal([gateway], (error) =>
    log.error({ event: "gateway.not-closed", err: error }, "could not close cleanly"),
  );
  const { port, metricsPort } = gateway;
  log.info(
    {
      event: "gateway.started",
      host: config.HOST,
      port,
      webSocketPort: config.WS_PORT,
      metricsPort,
      dataDir: config.DATA_DIR,
    },
    "gateway started",
  );
});
