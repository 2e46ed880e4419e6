import { type BundleFile, deviceFile } from "./file.ts";
import type { Order } from "./order.ts";
import type { SensorNeeds } from "./sensors.ts";

/** What spares the card and brings a stuck machine back. */
export function systemFiles(order: Order, needs: SensorNeeds): readonly BundleFile[] {
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
    deviceFile("/etc/modules-load.d/dvornik.conf", MODULES),
    deviceFile("/etc/udev/rules.d/70-dvornik.rules", DEVICE_RULES),
    // Where these do not answer, the system's own servers of the time are asked (systemd's FallbackNTP).
    deviceFile("/etc/systemd/timesyncd.conf.d/dvornik.conf", `[Time]\nNTP=${order.ntp.join(" ")}\n`),
    ...(needs.usesGps ? gpsFiles(order, needs) : []),
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

/**
 * Drivers of what may be plugged in later: a unit may use only those groups of devices that are known when it starts
 * (systemd.resource-control(5), DeviceAllow=).
 */
const MODULES = "usbserial\ncdc_acm\nmc\nvideodev\n";

/** SDS011's adapter (CH340) has a name of its own, and ModemManager does not try whether it is a modem. */
const DEVICE_RULES = `SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="1a86", ATTR{idProduct}=="7523", ENV{ID_MM_DEVICE_IGNORE}="1"
SUBSYSTEM=="tty", ATTRS{idVendor}=="1a86", ATTRS{idProduct}=="7523", ENV{ID_MM_PORT_IGNORE}="1", SYMLINK+="dvornik-sds011"
SUBSYSTEM=="rtc", ACTION=="add", KERNEL=="rtc0", RUN+="/usr/sbin/hwclock --rtc=/dev/%k --hctosys --utc"
`;

/** gpsd at the receiver, and its time for the system's clock (gpsd's "Time Service HOWTO": SHM 0 is good to 0.1 s). */
const gpsFiles = ({ ntp }: Order, { gpsDevices }: SensorNeeds): readonly BundleFile[] => [
  deviceFile(
    "/etc/default/gpsd",
    `START_DAEMON="true"\nUSBAUTO="true"\nDEVICES="${gpsDevices.join(" ")}"\nGPSD_OPTIONS="-n"\n`,
  ),
  deviceFile(
    "/etc/chrony/conf.d/dvornik.conf",
    `${ntp.map((host) => `server ${host} iburst\n`).join("")}refclock SHM 0 refid GPS precision 1e-1 offset 0.1 delay 0.2\nmakestep 1 -1\n`,
  ),
];

/** All lines of `config.txt`. The empty `dtoverlay=` ends the scope of an overlay that the system's own file begins. */
export function bootLinesOf({ bootLines }: SensorNeeds, rtc: Order["rtc"]): readonly string[] {
  const i2c = "dtparam=i2c_arm=on";
  const clock = rtc === undefined ? [] : [...(bootLines.includes(i2c) ? [] : [i2c]), `dtoverlay=i2c-rtc,${rtc}`];
  return ["dtoverlay=", "dtparam=watchdog=on", "dtparam=audio=off", ...clock, ...bootLines];
}

export const bootText = (needs: SensorNeeds, rtc: Order["rtc"]): string =>
  ["# Made by provision.", "[all]", ...bootLinesOf(needs, rtc), ""].join("\n");
