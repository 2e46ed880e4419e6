import { type BundleFile, deviceFile } from "./file.ts";
import type { SensorNeeds } from "./sensors.ts";

/** What spares the card and brings a stuck machine back. */
export function systemFiles(needs: SensorNeeds): readonly BundleFile[] {
  return [
    // Logs live in memory: a card dies of being written. What counts travels in `health`.
    deviceFile(
      "/etc/systemd/journald.conf.d/dvornik.conf",
      "[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\nRateLimitBurst=2000\n",
    ),
    // The processor's own watchdog (at most 15 s on a Raspberry Pi) restarts a machine whose systemd does not answer.
    deviceFile(
      "/etc/systemd/system.conf.d/dvornik.conf",
      "[Manager]\nRuntimeWatchdogSec=15s\nRebootWatchdogSec=10min\n",
    ),
    deviceFile("/etc/sysctl.d/60-dvornik.conf", SYSCTL),
    // Raspberry Pi OS of Debian 13 has swap in compressed memory; this keeps it from the card.
    deviceFile("/etc/rpi/swap.conf.d/dvornik.conf", "[Main]\nMechanism=zram\n"),
    deviceFile("/etc/apt/apt.conf.d/60dvornik", 'APT::Periodic::Enable "0";\n'),
    ...(needs.usesGps ? gpsFiles() : []),
  ];
}

/** Written pages wait for up to a minute: our journals sync what they acknowledge, all else may wait. */
const SYSCTL = `vm.dirty_writeback_centisecs = 6000
vm.dirty_expire_centisecs = 6000
vm.swappiness = 10
kernel.panic = 10
kernel.dmesg_restrict = 1
kernel.unprivileged_bpf_disabled = 1
net.ipv4.conf.all.rp_filter = 1
net.ipv4.tcp_syncookies = 1
net.ipv6.conf.all.accept_redirects = 0
net.ipv4.conf.all.accept_redirects = 0
`;

/** gpsd at the receiver, and its time for the system's clock (gpsd's "Time Service HOWTO": SHM 0 is good to 0.1 s). */
const gpsFiles = (): readonly BundleFile[] => [
  deviceFile("/etc/default/gpsd", 'START_DAEMON="true"\nUSBAUTO="true"\nDEVICES=""\nGPSD_OPTIONS="-n"\n'),
  deviceFile(
    "/etc/chrony/conf.d/dvornik.conf",
    "refclock SHM 0 refid GPS precision 1e-1 offset 0.1 delay 0.2\nmakestep 1 -1\n",
  ),
];

/** Lines of `config.txt` that every device gets. */
export const bootText = (needs: SensorNeeds): string =>
  ["# Made by provision.", "[all]", "dtparam=watchdog=on", "dtparam=audio=off", ...needs.bootLines, ""].join("\n");
