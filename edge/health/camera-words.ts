import type { CameraReason } from "../camera/camera.ts";
import type { FindingKind } from "./finding-words.ts";

/** What is said of a camera, by the reason for which it gives no photo. */
const REASON_WORDS = {
  "camera-no-camera": {
    level: "trouble",
    ru: {
      what: "камеры нет",
      todo: "проверьте шлейф камеры и CAMERA; rpicam-still --list-cameras или GET /cameras скажут, что есть",
    },
    en: {
      what: "there is no such camera",
      todo: "check its cable and CAMERA; rpicam-still --list-cameras or GET /cameras says what is there",
    },
  },
  "camera-no-photo": {
    level: "notice",
    ru: { what: "в папке камеры нет нового снимка", todo: "положите снимок в CAMERA_FOLDER" },
    en: { what: "there is no new photo in the camera's folder", todo: "put a photo into CAMERA_FOLDER" },
  },
  "camera-not-installed": {
    level: "trouble",
    ru: { what: "нет программы камеры", todo: "sudo apt install rpicam-apps-lite (для USB: ffmpeg)" },
    en: { what: "the camera's program is not there", todo: "sudo apt install rpicam-apps-lite (for USB: ffmpeg)" },
  },
  "camera-busy": {
    level: "notice",
    ru: {
      what: "камеру держит другая программа",
      todo: "завершите её (ps aux | grep -e rpicam -e libcamera -e ffmpeg)",
    },
    en: {
      what: "another program holds the camera",
      todo: "end it (ps aux | grep -e rpicam -e libcamera -e ffmpeg)",
    },
  },
  "camera-cable": {
    level: "trouble",
    ru: {
      what: "камера видна, но картинки нет",
      todo: "проверьте шлейф с обоих концов, затем попробуйте другой",
    },
    en: {
      what: "the camera is known but sends no picture",
      todo: "check its cable at both ends, then try another one",
    },
  },
  "camera-denied": {
    level: "trouble",
    ru: {
      what: "этому пользователю камера не разрешена",
      todo: "sudo usermod -aG video,render ПОЛЬЗОВАТЕЛЬ или DeviceAllow= в службе",
    },
    en: {
      what: "this user may not use the camera",
      todo: "sudo usermod -aG video,render USER, or DeviceAllow= in the unit",
    },
  },
  "camera-firmware": {
    level: "trouble",
    ru: {
      what: "программы камеры не подходят этой системе",
      todo: "уберите start_x=1 из config.txt, sudo apt full-upgrade и перезагрузите",
    },
    en: {
      what: "the camera's software does not fit this system",
      todo: "remove start_x=1 from config.txt, sudo apt full-upgrade, then start anew",
    },
  },
  "camera-no-memory": {
    level: "trouble",
    ru: {
      what: "для снимка такого размера не хватает памяти",
      todo: "сделайте его меньше (CAMERA_OPTIONS=width=2304,height=1296) или увеличьте cma",
    },
    en: {
      what: "no memory for a picture of this size",
      todo: "make it smaller (CAMERA_OPTIONS=width=2304,height=1296) or raise cma",
    },
  },
  "camera-bandwidth": {
    level: "trouble",
    ru: { what: "USB не успевает за камерой", todo: "сделайте снимок меньше (CAMERA_OPTIONS=width=640,height=480)" },
    en: {
      what: "the USB bus has no room for this picture",
      todo: "make it smaller (CAMERA_OPTIONS=width=640,height=480)",
    },
  },
  "camera-wrong-setting": {
    level: "trouble",
    ru: {
      what: "программа камеры не знает одной из настроек",
      todo: "исправьте CAMERA_OPTIONS (edge/camera/README.md)",
    },
    en: {
      what: "the camera's program does not know a setting",
      todo: "mend CAMERA_OPTIONS (edge/camera/README.md)",
    },
  },
  "camera-hung": {
    level: "trouble",
    ru: {
      what: "камера зависает: её программа завершена, следующий снимок попробует снова",
      todo: "если останется, перезагрузите устройство и проверьте шлейф",
    },
    en: {
      what: "the camera hangs: its program was ended, the next shot tries anew",
      todo: "if it stays, start the device anew and check the cable",
    },
  },
  "camera-too-large": {
    level: "trouble",
    ru: { what: "камера шлёт без конца: это не снимок", todo: "если останется, перезагрузите устройство" },
    en: { what: "the camera sends without end: that is no photo", todo: "if it stays, start the device anew" },
  },
  "camera-disk-full": {
    level: "trouble",
    ru: { what: "снимок некуда записать: диск полон", todo: "освободите место на диске" },
    en: { what: "the photo could not be written: the disk is full", todo: "make room on the disk" },
  },
  "camera-unreachable": {
    level: "trouble",
    ru: { what: "IP-камера не отвечает", todo: "проверьте её питание, сеть и адрес в CAMERA" },
    en: { what: "the IP camera does not answer", todo: "check its power, the network and its address in CAMERA" },
  },
  "camera-refused": {
    level: "trouble",
    ru: {
      what: "IP-камера не принимает пароль",
      todo: "исправьте строку в CAMERA_SECRET_FILE; через полчаса пробуем снова",
    },
    en: {
      what: "the IP camera refuses the password",
      todo: "mend the line in CAMERA_SECRET_FILE; it is tried again in half an hour",
    },
  },
  "camera-wrong-answer": {
    level: "trouble",
    ru: { what: "по адресу IP-камеры отвечает не снимок", todo: "исправьте адрес снимка в CAMERA" },
    en: { what: "what answers at the IP camera's address is no photo", todo: "mend the snapshot's address in CAMERA" },
  },
  "camera-power": {
    level: "notice",
    ru: { what: "камера выключена: батарея слишком слаба", todo: "зарядите батарею или дождитесь солнца" },
    en: { what: "the camera is off: the battery is too low for it", todo: "charge the battery, or wait for the sun" },
  },
  "camera-failed": {
    level: "trouble",
    ru: { what: "камера не дала снимка", todo: "см. подробности; программа пробует снова сама" },
    en: { what: "the camera gave no photo", todo: "see the details; it is tried again by itself" },
  },
} as const satisfies Readonly<Record<`camera-${CameraReason}`, FindingKind>>;

/** Every state of a camera, in words. */
export const CAMERA_WORDS = {
  ...REASON_WORDS,
  "camera-well": {
    level: "well",
    ru: { what: "{camera} снимает" },
    en: { what: "{camera} is there" },
  },
  "camera-unseen": {
    level: "well",
    ru: { what: "{camera}: ещё не проверена" },
    en: { what: "{camera}: not looked at yet" },
  },
  "camera-none": {
    level: "well",
    ru: { what: "камеры нет (задайте CAMERA, чтобы она была)" },
    en: { what: "none (set CAMERA to have one)" },
  },
} as const satisfies Readonly<Record<string, FindingKind>>;
