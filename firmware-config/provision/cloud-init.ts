import { createHash } from "node:crypto";
import type { BundleFile } from "./file.ts";
import type { Order } from "./order.ts";

/** Where Raspberry Pi OS has the card's first partition. */
const BOOT = "/boot/firmware";
const ENGINEER = "engineer";
const LOGS_IN = {
  name: ENGINEER,
  groups: ["adm"],
  shell: "/bin/bash",
  lock_passwd: true,
  sudo: "ALL=(ALL) NOPASSWD:ALL",
};

/** What cloud-init of Raspberry Pi OS (Debian 13) reads from the first partition. JSON is YAML: nothing to be quoted wrong. */
export function cloudInitFiles(order: Order): readonly BundleFile[] {
  const { device, timezone, sshKey } = order;
  const engineer =
    sshKey === undefined
      ? { name: ENGINEER, lock_passwd: true, shell: "/usr/sbin/nologin" }
      : { ...LOGS_IN, ssh_authorized_keys: [sshKey] };
  const user = {
    hostname: device,
    manage_etc_hosts: true,
    timezone,
    ssh_pwauth: false,
    disable_root: true,
    users: [engineer],
    package_update: false,
    package_upgrade: false,
    runcmd: [["/bin/sh", `${BOOT}/dvornik/install.sh`]],
  };
  const network = { version: 2, ethernets: { eth0: { dhcp4: true, dhcp6: true, optional: true } } };
  const yaml = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return [
    { path: "user-data", text: `#cloud-config\n${yaml(user)}` },
    { path: "meta-data", text: yaml({ "instance-id": instanceOf(order), "local-hostname": device }) },
    { path: "network-config", text: yaml(network) },
  ];
}

/** cloud-init runs once for each instance: a new claim is a new one, so a card that gets a new bundle is installed anew. */
function instanceOf({ tenant, device, claim }: Order): string {
  const hash = createHash("sha256").update(claim).digest("hex").slice(0, 8);
  return `dvornik-${tenant}-${device}-${hash}`;
}
