import type { Profile } from "../profiles/profile.ts";
import { EXIT_FOR_RESTART } from "../settings/twin-settings.ts";
import { PLACES } from "./places.ts";

/** What of the machine a program may touch. */
export interface DeviceAccess {
  readonly camera: boolean;
  readonly serial: boolean;
}

/** Lines of `[Service]` that shut in whatever runs: systemd.exec(5). Node compiles as it runs, so memory may be written and run. */
export const HARDENING: readonly string[] = [
  "DynamicUser=yes",
  "NoNewPrivileges=yes",
  "CapabilityBoundingSet=",
  "AmbientCapabilities=",
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "PrivateTmp=yes",
  "PrivateMounts=yes",
  "ProtectProc=invisible",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectControlGroups=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "RemoveIPC=yes",
  "KeyringMode=private",
  "UMask=0077",
  "LimitCORE=0",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged @obsolete",
  "SystemCallErrorNumber=EPERM",
];

/** Of what shuts in a program that needs no device. */
const NO_DEVICES: readonly string[] = ["PrivateDevices=yes", "PrivateUsers=yes"];

/**
 * The devices and groups of a camera (libcamera: media, subdevices and buffers for the picture), of serial lines, and of
 * the firmware, which knows of heat and weak supplies. Fixed numbers (Documentation/admin-guide/devices.txt: 81 video,
 * 166 ttyACM, 188 ttyUSB) also hold for what is plugged in after the start; a name is looked up at the start alone.
 */
export function accessLines({ camera, serial }: DeviceAccess): readonly string[] {
  const groups = ["video", ...(camera ? ["render"] : []), ...(serial ? ["dialout"] : [])];
  const cameras = ["char-81", "char-media", "char-dma_heap", "/dev/udmabuf"];
  const lines = ["char-188", "char-166", "char-ttyAMA", "char-ttyS"];
  return [
    `SupplementaryGroups=${groups.join(" ")}`,
    "DevicePolicy=closed",
    ...["/dev/vcio", ...(camera ? cameras : []), ...(serial ? lines : [])].map((device) => `DeviceAllow=${device} rw`),
  ];
}

/** How a program comes back: at once, then more and more slowly, and never not at all. */
const RESTARTS = ["Restart=always", "RestartSec=10", "RestartSteps=4", "RestartMaxDelaySec=120"];

/** How much memory a program may take. */
export const memoryLines = ({ memory }: Profile): readonly string[] => [
  `MemoryHigh=${memory.highMiB}M`,
  `MemoryMax=${memory.maxMiB}M`,
  "TasksMax=96",
];

/** A unit's text. */
export const textOf = (sections: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(sections)
    .map(([name, lines]) => [`[${name}]`, ...lines, ""].join("\n"))
    .join("\n");

/** The unit of the program on a device. It is fed only while its rounds make progress (`WATCHDOG=1`), else started anew. */
export function edgeUnit(profile: Profile, access: DeviceAccess): string {
  const { software, environment, state, cache, claim } = PLACES.edge;
  return textOf({
    Unit: ["Description=Dvornik: the program on the device", "After=network.target", "StartLimitIntervalSec=0"],
    Service: [
      "Type=notify",
      "NotifyAccess=all",
      // It starts what came as an update, or the program beside it.
      `ExecStart=${software}/bin/dvornik-launch`,
      // A new model or program is tried in a process of its own: one that wants too much ends alone.
      "OOMPolicy=continue",
      `EnvironmentFile=${environment}`,
      `Environment=DATA_DIR=${state} NODE_COMPILE_CACHE=${cache} CLAIM_FILE=%d/claim`,
      `LoadCredential=claim:${claim}`,
      `WorkingDirectory=${software}`,
      "StateDirectory=dvornik",
      "StateDirectoryMode=0700",
      "CacheDirectory=dvornik",
      // The next start learns what ended this one (edge/health/run-record.ts).
      `ExecStopPost=-/bin/sh -c 'echo "$$SERVICE_RESULT" >${state}/service-result'`,
      "WatchdogSec=180",
      "TimeoutStartSec=300",
      "TimeoutStopSec=30",
      ...RESTARTS,
      // It ends by itself when new settings of the cloud need it, which is no failure.
      `SuccessExitStatus=${EXIT_FOR_RESTART}`,
      ...memoryLines(profile),
      ...HARDENING,
      ...accessLines(access),
      // The camera's program hears of devices through netlink.
      "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    ],
    Install: ["WantedBy=multi-user.target"],
  });
}

const OF_GATEWAY = ["User=dvornik-gateway", "StateDirectory=dvornik-gateway", "StateDirectoryMode=0700"];

/** The units of a village's gateway: the broker, and its certificate, which is got once and looked at daily. */
export function gatewayUnits(profile: Profile, cloud: string): Readonly<Record<string, string>> {
  const { software, environment, identity, claim, tlsKey, cache } = PLACES.gateway;
  const shut = [...HARDENING, ...NO_DEVICES, "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX"];
  return {
    "dvornik-gateway.service": textOf({
      Unit: [
        "Description=Dvornik: the gateway",
        "After=network.target dvornik-certificate.service",
        "Wants=dvornik-certificate.service",
        "StartLimitIntervalSec=0",
      ],
      Service: [
        "Type=exec",
        `ExecStart=${software}/bin/dvornik-gateway`,
        `EnvironmentFile=${environment}`,
        `Environment=NODE_COMPILE_CACHE=${cache} TLS_KEY=%d/tls-key`,
        `LoadCredential=tls-key:${tlsKey}`,
        `WorkingDirectory=${software}`,
        ...OF_GATEWAY,
        "CacheDirectory=dvornik-gateway",
        "LimitNOFILE=65536",
        "TimeoutStopSec=30",
        ...RESTARTS,
        ...memoryLines(profile),
        ...shut,
      ],
      Install: ["WantedBy=multi-user.target"],
    }),
    "dvornik-certificate.service": textOf({
      Unit: ["Description=Dvornik: the gateway's certificate, got or renewed", "After=network.target"],
      Service: [
        "Type=oneshot",
        `ExecStart=${software}/bin/node ${software}/firmware-config/enrol.js --cloud ${cloud} --dir ${identity} --claim-file %d/claim`,
        `EnvironmentFile=${environment}`,
        `LoadCredential=claim:${claim}`,
        `WorkingDirectory=${software}`,
        ...OF_GATEWAY,
        "TimeoutStartSec=120",
        "Restart=on-failure",
        "RestartSec=60",
        ...memoryLines(profile),
        ...shut,
      ],
    }),
    "dvornik-certificate.timer": textOf({
      Unit: ["Description=Dvornik: looks at the gateway's certificate each day"],
      Timer: ["OnBootSec=1min", "OnUnitActiveSec=1d", "RandomizedDelaySec=10min"],
      Install: ["WantedBy=timers.target"],
    }),
  };
}

/** The device's page at its own Wi-Fi: what comes there is passed to the program's loopback port and nowhere else. */
export function pageUnits(address: string, port: number): Readonly<Record<string, string>> {
  return {
    "dvornik-page.socket": textOf({
      Unit: ["Description=Dvornik: the device's page on its own Wi-Fi"],
      Socket: [`ListenStream=${address}:80`, "FreeBind=yes", "MaxConnections=32"],
      Install: ["WantedBy=sockets.target"],
    }),
    "dvornik-page.service": textOf({
      Unit: ["Description=Dvornik: the device's page on its own Wi-Fi", "Requires=dvornik-page.socket"],
      Service: [
        `ExecStart=/usr/lib/systemd/systemd-socket-proxyd --connections-max=32 --exit-idle-time=10min 127.0.0.1:${port}`,
        "Restart=on-failure",
        "MemoryMax=32M",
        "TasksMax=8",
        ...HARDENING,
        ...NO_DEVICES,
        "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_INET AF_UNIX",
        "IPAddressDeny=any",
        `IPAddressAllow=localhost ${address}/24`,
      ],
    }),
  };
}
