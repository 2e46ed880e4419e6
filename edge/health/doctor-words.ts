import type { FindingKind } from "./finding-words.ts";

/** What only the doctor finds, in words: how far a connection gets, rights, settings, overlays. */
export const DOCTOR_WORDS = {
  "agent-runs": {
    level: "well",
    ru: { what: "работает: {url}" },
    en: { what: "it runs: {url}" },
  },
  "agent-away": {
    level: "notice",
    ru: {
      what: "программа не отвечает на {url}; дальше сказано то, что видно без неё",
      todo: "sudo systemctl start dvornik-edge; если не встаёт: journalctl -u dvornik-edge -n 50",
    },
    en: {
      what: "the agent does not answer at {url}; what follows is seen without it",
      todo: "sudo systemctl start dvornik-edge; if it does not stay: journalctl -u dvornik-edge -n 50",
    },
  },
  "memory-unlimited": {
    level: "notice",
    ru: {
      what: "ядро не считает память служб: утечка заняла бы всю машину",
      todo: "допишите в строку /boot/firmware/cmdline.txt: cgroup_enable=memory cgroup_memory=1; перезагрузите",
    },
    en: {
      what: "the kernel does not count the memory of units: a leak would take the whole machine",
      todo: "add to the line of /boot/firmware/cmdline.txt: cgroup_enable=memory cgroup_memory=1; start anew",
    },
  },
  "settings-well": {
    level: "well",
    ru: { what: "верны ({from})" },
    en: { what: "sound ({from})" },
  },
  "settings-wrong": {
    level: "trouble",
    ru: { what: "неверны: программа с ними не запустится", todo: "исправьте названные ключи в {from}" },
    en: { what: "wrong: the agent does not start with them", todo: "mend the keys that are named, in {from}" },
  },
  "outbox-in-use": {
    level: "notice",
    ru: {
      what: "её держит другая программа, хотя агент не отвечает",
      todo: "он ещё запускается или завис: подождите минуту, затем sudo systemctl restart dvornik-edge",
    },
    en: {
      what: "another program holds it, though the agent does not answer",
      todo: "it is just starting, or hangs: wait a minute, then sudo systemctl restart dvornik-edge",
    },
  },
  "outbox-none": {
    level: "well",
    ru: { what: "её ещё нет: программа на этой папке не запускалась" },
    en: { what: "there is none yet: the agent never ran on this folder" },
  },
  "outbox-unreadable": {
    level: "trouble",
    ru: {
      what: "её файл нельзя прочитать",
      todo: "сохраните его копию, пришлите её инженеру; замените карту памяти",
    },
    en: {
      what: "its file cannot be read",
      todo: "keep a copy of it and send it to an engineer; replace the memory card",
    },
  },
  "broker-no-name": {
    level: "trouble",
    ru: {
      what: "имя {host} не находится",
      todo: "нет сети или DNS: проверьте модем (nmcli, mmcli -L) и имя в BROKER_URL",
    },
    en: {
      what: "the name {host} is not found",
      todo: "there is no network or no DNS: check the modem (nmcli, mmcli -L) and the name in BROKER_URL",
    },
  },
  "broker-no-way": {
    level: "trouble",
    ru: {
      what: "{host}:{port} не принимает соединений",
      todo: "проверьте порт в BROKER_URL, брандмауэр и работает ли шлюз",
    },
    en: {
      what: "{host}:{port} takes no connection",
      todo: "check the port in BROKER_URL, the firewall, and whether the gateway runs",
    },
  },
  "broker-no-tls": {
    level: "trouble",
    ru: {
      what: "{host}:{port} отвечает, но защищённое соединение не складывается",
      todo: "проверьте BROKER_CA, время на устройстве и тот ли это порт",
    },
    en: {
      what: "{host}:{port} answers, but no secure connection comes about",
      todo: "check BROKER_CA, the device's time, and whether it is the right port",
    },
  },
  "broker-refuses": {
    level: "trouble",
    ru: {
      what: "{host}:{port} отвечает, но не пускает это устройство",
      todo: "посмотрите, что сказано о сертификате; отозванному нужна новая заявка (npm run -s client:claim)",
    },
    en: {
      what: "{host}:{port} answers, but does not let this device in",
      todo: "see what is said of the certificate; a revoked one needs a new claim (npm run -s client:claim)",
    },
  },
  "broker-reachable": {
    level: "well",
    ru: { what: "{host}:{port} отвечает; вход не проверялся, чтобы не помешать программе" },
    en: { what: "{host}:{port} answers; signing in was not tried, so as not to disturb the agent" },
  },
  "broker-lets-in": {
    level: "well",
    ru: { what: "{host}:{port} отвечает и пускает это устройство" },
    en: { what: "{host}:{port} answers and lets this device in" },
  },
  "rights-well": {
    level: "well",
    ru: { what: "устройства доступны пользователю {user}" },
    en: { what: "user {user} may use the devices" },
  },
  "rights-missing": {
    level: "trouble",
    ru: {
      what: "пользователю {user} недоступно: {devices}",
      todo: "sudo usermod -aG {groups} {user}, затем перезапустите; в службе нужен DeviceAllow=",
    },
    en: {
      what: "user {user} may not use {devices}",
      todo: "sudo usermod -aG {groups} {user}, then start again; the unit needs DeviceAllow=",
    },
  },
  "rights-no-device": {
    level: "trouble",
    ru: {
      what: "нет устройства {devices}",
      todo: "проверьте, вставлен ли датчик или адаптер (ls /dev/serial/by-id); для UART: dtoverlay в config.txt",
    },
    en: {
      what: "there is no {devices}",
      todo: "check that the instrument or its adapter is plugged in (ls /dev/serial/by-id); a UART needs its dtoverlay",
    },
  },
  "rights-data-dir": {
    level: "trouble",
    ru: { what: "пользователь {user} не может писать в {folder}", todo: "sudo chown -R {user} {folder}" },
    en: { what: "user {user} cannot write to {folder}", todo: "sudo chown -R {user} {folder}" },
  },
  "overlays-well": {
    level: "well",
    ru: { what: "ядро показывает: {sensors}" },
    en: { what: "the kernel shows {sensors}" },
  },
  "overlays-none": {
    level: "well",
    ru: { what: "ядро датчиков не показывает" },
    en: { what: "the kernel shows none" },
  },
  "overlays-missing": {
    level: "trouble",
    ru: {
      what: "в config.txt назван {overlay}, но ядро его датчика не показывает",
      todo: "проверьте провода и адрес I2C (sudo i2cdetect -y 1), затем перезагрузите",
    },
    en: {
      what: "config.txt names {overlay}, but the kernel shows no such sensor",
      todo: "check the I2C wires and address (sudo i2cdetect -y 1), then start the device anew",
    },
  },
} as const satisfies Readonly<Record<string, FindingKind>>;
