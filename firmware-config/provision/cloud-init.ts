import { createHash } from "node:crypto";
import { ENGINEER } from "./engineer.ts";
import type { BundleFile } from "./file.ts";
import { TO_INSTALL } from "./install-script.ts";
import type { Order } from "./order.ts";

/** Where Raspberry Pi OS has the card's first partition. */
const BOOT = "/boot/firmware";
/** Runs install.sh. */
export const INSTALL_UNIT = "dvornik-install.service";

/** What cloud-init of Raspberry Pi OS (Debian 13) reads from the first partition. JSON is YAML: nothing to be quoted wrong. */
export function cloudInitFiles(order: Order): readonly BundleFile[] {
  const { device, timezone, sshKey } = order;
  const user = {
    hostname: device,
    manage_etc_hosts: true,
    timezone,
    ssh_pwauth: false,
    disable_root: true,
    users: [{ name: ENGINEER, lock_passwd: true, shell: sshKey === undefined ? "/usr/sbin/nologin" : "/bin/bash" }],
    package_update: false,
    package_upgrade: false,
    // At each start, where `runcmd` is once for each instance, also when the power went in the middle of it.
    bootcmd: [
      ["cp", `${BOOT}/dvornik/${INSTALL_UNIT}`, `/run/systemd/system/${INSTALL_UNIT}`],
      ["systemctl", "daemon-reload"],
      ["systemctl", "start", "--no-block", INSTALL_UNIT],
    ],
  };
  const network = { version: 2, ethernets: { eth0: { dhcp4: true, dhcp6: true, optional: true } } };
  const yaml = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return [
    { path: "user-data", text: `#cloud-config\n${yaml(user)}` },
    { path: "meta-data", text: yaml({ "instance-id": instanceOf(order), "local-hostname": device }) },
    { path: "network-config", text: yaml(network) },
    { path: TO_INSTALL, text: "This file goes when everything is installed.\n" },
    { path: `dvornik/${INSTALL_UNIT}`, text: INSTALL_UNIT_TEXT },
  ];
}

/** Tried three times a start: each try unpacks some 200 MB onto the card. */
const INSTALL_UNIT_TEXT = `[Unit]
Description=Dvornik: everything to its place
ConditionPathExists=${BOOT}/${TO_INSTALL}
RequiresMountsFor=${BOOT}
After=multi-user.target cloud-final.service
StartLimitIntervalSec=1d
StartLimitBurst=3

[Service]
Type=oneshot
ExecStart=/bin/sh ${BOOT}/dvornik/install.sh
StandardOutput=truncate:${BOOT}/dvornik/install.log
TimeoutStartSec=1h
Restart=on-failure
RestartSec=60
`;

/** cloud-init runs once for each instance: a new claim is a new one, so a card that gets a new bundle is set up anew. */
function instanceOf({ tenant, device, claim }: Order): string {
  const hash = createHash("sha256").update(claim).digest("hex").slice(0, 8);
  return `dvornik-${tenant}-${device}-${hash}`;
}
