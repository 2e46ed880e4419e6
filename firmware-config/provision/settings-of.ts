import type { Profile } from "../profiles/profile.ts";
import { EdgeConfig } from "../settings/edge-settings.ts";
import { GatewayConfig } from "../settings/gateway-settings.ts";
import type { Order } from "./order.ts";
import { ACCESS_POINT, PLACES } from "./places.ts";
import type { SensorNeeds } from "./sensors.ts";

/** A file of the environment: `NAME=value`. */
export type Settings = Readonly<Record<string, string>>;

/** What the unit itself sets, beside the file. */
export const UNIT_SETTINGS = {
  edge: { DATA_DIR: PLACES.edge.state, CLAIM_FILE: PLACES.edge.claim },
  gateway: { TLS_KEY: PLACES.gateway.tlsKey },
} as const;

export const SCHEMAS = { edge: EdgeConfig, gateway: GatewayConfig } as const;

/** The settings of this very device, in the order: profile, sensors, order. */
export function settingsOf(order: Order, profile: Profile, needs: SensorNeeds): Settings {
  const own = profile.program === "edge" ? edgeSettings(order) : gatewaySettings(order);
  const page = profile.network.accessPoint ? { PAGE_NAMES: `${ACCESS_POINT.name},${ACCESS_POINT.address}` } : {};
  return { ...profile.settings, ...needs.settings, ...own, ...page, ...order.settings };
}

// A private authority is trusted for the cloud's own address too; Node reads this at its start.
const trust = (order: Order, key: "BROKER_CA" | "PARENT_CA"): Settings =>
  order.ca === undefined ? {} : { [key]: PLACES.edge.ca, NODE_EXTRA_CA_CERTS: PLACES.edge.ca };

function edgeSettings(order: Order): Settings {
  return {
    TENANT: order.tenant,
    DEVICE: order.device,
    FLEET_URL: order.cloud,
    BROKER_URL: order.broker,
    ...trust(order, "BROKER_CA"),
    MODEL_DIR: `${PLACES.edge.software}/models/waste-site`,
    ...(order.updateKeys.length === 0 ? {} : { UPDATE_KEYS: order.updateKeys.join(",") }),
  };
}

function gatewaySettings(order: Order): Settings {
  const { identity, state, tlsCertificate } = PLACES.gateway;
  return {
    GATEWAY_NAME: order.device,
    DATA_DIR: `${state}/data`,
    TLS_CERT: tlsCertificate,
    TLS_CA: `${identity}/ca.pem`,
    CRL_URL: new URL("/fleet/crl.pem", order.cloud).href,
    PARENT_URL: order.broker,
    PARENT_TENANTS: order.tenants.join(","),
    PARENT_CERT: `${identity}/identity.pem`,
    PARENT_KEY: `${identity}/identity.pem`,
    ...trust(order, "PARENT_CA"),
  };
}

/** Names that a program's environment may hold though they are no settings of ours. */
export const NOT_OURS: readonly string[] = ["NODE_EXTRA_CA_CERTS", "NODE_COMPILE_CACHE"];

/** Settings as systemd reads them: quoted, since a value may hold spaces. */
export const environmentText = (settings: Settings): string =>
  `${Object.entries(settings)
    .map(([name, value]) => `${name}="${value}"`)
    .join("\n")}\n`;
