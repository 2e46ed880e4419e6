import type { Profile } from "../profiles/profile.ts";
import { PLACES } from "./places.ts";
import { accessLines, type DeviceAccess, HARDENING, memoryLines, textOf } from "./service-unit.ts";

/** Where an engineer reads how a device is that nobody can reach: on the card, in any machine. */
const ON_THE_CARD = "/boot/firmware/dvornik/doctor.txt";
const { software } = PLACES.edge;

const EDGE = [
  // The user of the program, so that what it keeps can be looked at.
  "User=dvornik-edge",
  "StateDirectory=dvornik",
  "StateDirectoryMode=0700",
  `WorkingDirectory=${software}`,
  `ExecStart=${software}/bin/node ${software}/edge/doctor/doctor-main.js --lang ru`,
  // 1: there is something to do.
  "SuccessExitStatus=1",
];
const GATEWAY = [
  "SupplementaryGroups=systemd-journal",
  "PrivateDevices=yes",
  "ExecStart=/usr/bin/journalctl --no-pager --lines=80 --unit=dvornik-gateway --unit=dvornik-certificate",
];

/**
 * What `edge doctor` says (of a gateway: its last log lines), onto the card: five minutes after each start and then once a
 * day, some 2 KB, so the partition is hardly written. systemd opens the file; the program has no right to it.
 */
export function reportUnits(profile: Profile, access: DeviceAccess): Readonly<Record<string, string>> {
  const program = profile.program === "edge" ? [...EDGE, ...accessLines(access)] : GATEWAY;
  return {
    "dvornik-report.service": textOf({
      Unit: ["Description=Dvornik: how the device is, onto the card", "RequiresMountsFor=/boot/firmware"],
      Service: [
        "Type=oneshot",
        ...program,
        `StandardOutput=truncate:${ON_THE_CARD}`,
        "StandardError=inherit",
        "TimeoutStartSec=120",
        ...memoryLines(profile),
        ...HARDENING,
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
      ],
    }),
    "dvornik-report.timer": textOf({
      Unit: ["Description=Dvornik: how the device is, onto the card"],
      Timer: ["OnBootSec=5min", "OnUnitActiveSec=1d"],
      Install: ["WantedBy=timers.target"],
    }),
  };
}
