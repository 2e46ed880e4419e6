import { type BundleFile, deviceFile } from "./file.ts";

/** Who may log in, where a key was given. */
export const ENGINEER = "engineer";

/** His key and rights. Not in his home: whoever made the account, cloud-init or install.sh, the key is there. */
export function engineerFiles(sshKey: string | undefined): readonly BundleFile[] {
  if (sshKey === undefined) return [];
  return [
    deviceFile(`/etc/ssh/dvornik-keys/${ENGINEER}`, `${sshKey}\n`),
    deviceFile(
      "/etc/ssh/sshd_config.d/10-dvornik.conf",
      "AuthorizedKeysFile /etc/ssh/dvornik-keys/%u\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\n",
    ),
    deviceFile("/etc/sudoers.d/dvornik", `${ENGINEER} ALL=(ALL) NOPASSWD:ALL\n`),
  ];
}
