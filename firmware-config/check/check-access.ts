import { PROFILES } from "../profiles/profiles.ts";
import { Ssid, WifiPassphrase } from "../provision/order.ts";
import type { About } from "./about.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

const FOLDER = "dvornik/root/etc/NetworkManager/system-connections/";
const ACCESS_POINT = `${FOLDER}dvornik-ap.nmconnection`;

/** Wi-Fi: that nobody joins without a passphrase, and that the driver has one to join. */
export function checkAccess(bundle: FoundBundle, { profile }: About): readonly Finding[] {
  const { accessPoint } = PROFILES[profile].network;
  const missing =
    accessPoint && !/^mode=ap$/m.test(bundle.get(ACCESS_POINT)?.text ?? "")
      ? [
          error(
            ACCESS_POINT,
            "Нет собственной сети Wi-Fi: водитель не откроет страницу.",
            "The device's own Wi-Fi is missing: the driver cannot open its page.",
          ),
        ]
      : [];
  const wifis = [...bundle].filter(([path, { text }]) => path.startsWith(FOLDER) && /^type=wifi$/m.test(text));
  return [...missing, ...wifis.flatMap(([path, { text }]) => checkWifi(path, text))];
}

function checkWifi(path: string, text: string): readonly Finding[] {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
  const ssid = Ssid.safeParse(value("ssid"));
  if (!ssid.success) {
    const why = ssid.error.issues[0]?.message ?? "";
    return [
      error(path, `Имя сети не подходит: не больше 32 байт, это 16 русских букв.`, `The name of the Wi-Fi ${why}.`),
    ];
  }
  const isProtected = /^(wpa-psk|sae)$/.test(value("key-mgmt")) && WifiPassphrase.safeParse(value("psk")).success;
  if (isProtected) return [];
  return [
    error(
      path,
      "Сеть Wi-Fi без пароля (нужен WPA2 или WPA3 и пароль от 8 до 63 знаков): в неё войдёт любой.",
      "A Wi-Fi without a passphrase (it needs WPA2 or WPA3 and 8 to 63 characters): anybody could join.",
    ),
  ];
}
