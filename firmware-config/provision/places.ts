/** Where things lie on a device. */
export const PLACES = {
  edge: {
    software: "/opt/dvornik/edge",
    environment: "/etc/dvornik/edge.env",
    claim: "/etc/dvornik/claim",
    ca: "/etc/dvornik/ca.pem",
    state: "/var/lib/dvornik",
    cache: "/var/cache/dvornik",
  },
  gateway: {
    software: "/opt/dvornik/gateway",
    environment: "/etc/dvornik/gateway.env",
    claim: "/etc/dvornik/claim",
    ca: "/etc/dvornik/ca.pem",
    state: "/var/lib/dvornik-gateway",
    cache: "/var/cache/dvornik-gateway",
    identity: "/var/lib/dvornik-gateway/identity",
    /** Made on the device: a bundle holds no key. */
    tlsKey: "/etc/dvornik/tls-key.pem",
    tlsCertificate: "/etc/dvornik/tls-cert.pem",
  },
} as const;

/** The access point's own address, and the name that phones find the page by. */
export const ACCESS_POINT = { interface: "wlan0", address: "10.42.0.1", name: "dvornik.lan" } as const;
