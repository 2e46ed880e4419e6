/** How a part is: `well`; `notice`: it works, but somebody should know; `trouble`: something is not done because of it. */
export type Level = "well" | "notice" | "trouble";

/** What is said of a part and what to do about it, in one language. `{name}` is a value of the finding. */
export interface Words {
  readonly what: string;
  readonly todo?: string;
}

/** A row of the table. */
export interface FindingKind {
  readonly level: Level;
  readonly ru: Words;
  readonly en: Words;
}

/**
 * What can be found of a device, in words: the one table for the self-test at the start, the status page and the doctor.
 *
 * Values are written as `{name}`; `{name:bytes}`, `{name:span}` (milliseconds) and `{name:day}` (UTC ms) are put in a
 * person's units. Words for cameras stand in camera-words.ts, those that only the doctor finds in doctor-words.ts.
 */
export const FINDING_WORDS = {
  "model-well": {
    level: "well",
    ru: { what: "модель {model} загружена" },
    en: { what: "model {model} is loaded" },
  },
  "model-unneeded": {
    level: "well",
    ru: { what: "не нужна: камеры нет" },
    en: { what: "not needed without a camera" },
  },
  "model-missing": {
    level: "trouble",
    ru: {
      what: "модели нет: снимки не оцениваются",
      todo: "положите model.int8.onnx и manifest.json в MODEL_DIR и перезапустите программу",
    },
    en: {
      what: "there is no model: photos are not judged",
      todo: "put model and manifest into MODEL_DIR and start the program again",
    },
  },
  "sensors-none": {
    level: "well",
    ru: { what: "датчиков нет (задайте SDS011, PMS, SPS30 или IIO_DIR, чтобы они были)" },
    en: { what: "none (set SDS011, PMS, SPS30 or IIO_DIR to have some)" },
  },
  "sensor-well": {
    level: "well",
    ru: { what: "{model} измеряет" },
    en: { what: "{model} is there" },
  },
  "sensor-waiting": {
    level: "well",
    ru: { what: "{model}: первое измерение ещё не снято" },
    en: { what: "{model}: not measured yet" },
  },
  "sensor-lost": {
    level: "trouble",
    ru: {
      what: "{model}: линия не открывается",
      todo: "проверьте кабель и адрес датчика; программа пробует снова сама",
    },
    en: {
      what: "{model}: its line cannot be opened",
      todo: "check its cable and its address in the settings; it is tried again by itself",
    },
  },
  "sensor-silent": {
    level: "trouble",
    ru: {
      what: "{model}: линия открыта, но датчик молчит",
      todo: "проверьте питание датчика и ту ли линию назвали; затем отключите его и включите снова",
    },
    en: {
      what: "{model}: the line is open, but it says nothing",
      todo: "check its power and whether it is the right line; then unplug it and plug it in again",
    },
  },
  "sensor-noise": {
    level: "trouble",
    ru: {
      what: "{model}: с линии идёт шум, а не измерения ({bad} плохих посылок)",
      todo: "проверьте, тот ли датчик на этой линии, кабель и землю; длинный кабель укоротите",
    },
    en: {
      what: "{model}: the line brings noise, no measurements ({bad} bad frames)",
      todo: "check that it is the right instrument for this line, its cable and its ground; shorten a long cable",
    },
  },
  "sensor-unreadable": {
    level: "trouble",
    ru: {
      what: "{model}: ядро не отдаёт значения",
      todo: "проверьте провода I2C и строку dtoverlay в config.txt; программа пробует снова сама",
    },
    en: {
      what: "{model}: the kernel gives no value of it",
      todo: "check its I2C wires and its dtoverlay line in config.txt; it is tried again by itself",
    },
  },
  "sensor-hung": {
    level: "trouble",
    ru: {
      what: "{model} не отвечает на запрос",
      todo: "отключите питание датчика и включите снова; если останется, замените его",
    },
    en: { what: "{model} does not answer", todo: "take its power away and give it back; if it stays, replace it" },
  },
  "sensor-warming-up": {
    level: "well",
    ru: { what: "{model} прогревается" },
    en: { what: "{model} is warming up" },
  },
  "sensor-out-of-spec-temperature": {
    level: "notice",
    ru: { what: "{model}: холоднее или жарче, чем он допускает; значения сохраняются с пометкой" },
    en: { what: "{model}: colder or hotter than it allows; its values are kept and marked" },
  },
  "sensor-laser-life-exceeded": {
    level: "notice",
    ru: { what: "{model}: лазер отработал свой срок", todo: "замените датчик и удалите его часы из laser-hours.json" },
    en: {
      what: "{model}: its laser has lived longer than promised",
      todo: "replace it and remove its hours from laser-hours.json",
    },
  },
  "sensor-instrument-fault": {
    level: "trouble",
    ru: { what: "{model} сам сообщает о неисправности", todo: "продуйте его; если останется, замените" },
    en: { what: "{model} reports a fault of its own", todo: "blow it clean; if it stays, replace it" },
  },
  "sensor-stuck": {
    level: "trouble",
    ru: {
      what: "{model} часами показывает одно и то же",
      todo: "отключите питание датчика и включите снова; если останется, замените его",
    },
    en: {
      what: "{model} has shown the same for hours",
      todo: "take its power away and give it back; if it stays, replace it",
    },
  },
  "sensor-inconsistent": {
    level: "notice",
    ru: { what: "{model}: его значения противоречат друг другу", todo: "продуйте его; если останется, замените" },
    en: { what: "{model}: its values contradict each other", todo: "blow it clean; if it stays, replace it" },
  },
  "sensor-over-range": {
    level: "notice",
    ru: { what: "{model}: больше, чем он может измерить", todo: "посмотрите, нет ли рядом дыма или пыли" },
    en: { what: "{model}: more than it can measure", todo: "look whether there is smoke or dust nearby" },
  },
  "position-none": {
    level: "well",
    ru: { what: "приёмника нет (задайте GPSD, чтобы он был)" },
    en: { what: "none (set GPSD to have one)" },
  },
  "position-well": {
    level: "well",
    ru: { what: "место известно: {lat}, {lon}" },
    en: { what: "the place is known: {lat}, {lon}" },
  },
  "position-lost": {
    level: "trouble",
    ru: { what: "gpsd не отвечает", todo: "sudo systemctl status gpsd; проверьте GPSD и кабель приёмника" },
    en: { what: "gpsd does not answer", todo: "sudo systemctl status gpsd; check GPSD and the receiver's cable" },
  },
  "position-no-fix": {
    level: "notice",
    ru: { what: "спутники не видны", todo: "антенне нужно небо: проверьте, где она и цел ли её кабель" },
    en: { what: "no satellites are heard", todo: "the antenna needs the sky: check where it is and its cable" },
  },
  "clock-well": {
    level: "well",
    ru: { what: "время верно ({clock})" },
    en: { what: "the time is right ({clock})" },
  },
  "clock-rtc": {
    level: "well",
    ru: { what: "время по часам устройства (rtc), никто его не подтверждает" },
    en: { what: "rtc: the device's own clock, nobody vouches for it" },
  },
  "clock-none": {
    level: "notice",
    ru: {
      what: "время неизвестно: измерения сохраняются и получат время позже",
      todo: "дайте устройству сеть или GPS; где их подолгу нет, поставьте часы с батарейкой (RTC)",
    },
    en: {
      what: "the time is unknown: readings are kept and placed in time later",
      todo: "give the device a network or GPS; where both are away for long, fit a clock with a battery (RTC)",
    },
  },
  "outbox-well": {
    level: "well",
    ru: { what: "ждут отправки: {total}" },
    en: { what: "{total} to send" },
  },
  "outbox-long": {
    level: "notice",
    ru: {
      what: "ждут отправки: {total} ({bytes:bytes}), старейшее уже {age:span}",
      todo: "ничего не потеряно; посмотрите, что сказано о брокере",
    },
    en: {
      what: "{total} to send ({bytes:bytes}), the oldest for {age:span}",
      todo: "nothing is lost; see what is said of the broker",
    },
  },
  "outbox-filling": {
    level: "trouble",
    ru: {
      what: "занято {percent} % места для отправки ({bytes:bytes}); когда кончится, уйдут старейшие фото",
      todo: "верните связь с брокером или увеличьте OUTBOX_BYTES, если на диске есть место",
    },
    en: {
      what: "{percent} % of its room is taken ({bytes:bytes}); at its end the oldest photos go first",
      todo: "bring back the connection to the broker, or raise OUTBOX_BYTES if the disk has room",
    },
  },
  "outbox-refuses": {
    level: "trouble",
    ru: { what: "не принимает: новые данные теряются", todo: "освободите место на диске; дальше пойдёт само" },
    en: { what: "it takes nothing: new data are lost", todo: "make room on the disk; it goes on by itself" },
  },
  "outbox-dropped": {
    level: "notice",
    ru: {
      what: "с запуска выброшено из-за нехватки места: {dropped}; облаку сказано, что именно",
      todo: "верните связь с брокером или увеличьте OUTBOX_BYTES, если на диске есть место",
    },
    en: {
      what: "{dropped} dropped since the start for want of room; the cloud is told which",
      todo: "bring back the connection to the broker, or raise OUTBOX_BYTES if the disk has room",
    },
  },
  "certificate-unneeded": {
    level: "well",
    ru: { what: "не нужен: вход по TOKEN (только для разработки)" },
    en: { what: "not needed with a token" },
  },
  "certificate-well": {
    level: "well",
    ru: { what: "{serial}, действует до {notAfter:day}" },
    en: { what: "{serial}, holds until {notAfter:day}" },
  },
  "certificate-trouble": {
    level: "notice",
    ru: {
      what: "{serial}, действует до {notAfter:day}, но не продлевается",
      todo: "проверьте связь с облаком (FLEET_URL); программа пробует снова сама",
    },
    en: {
      what: "{serial}, holds until {notAfter:day}, but is not renewed",
      todo: "check the way to the cloud (FLEET_URL); it is asked for again by itself",
    },
  },
  "certificate-clock": {
    level: "trouble",
    ru: {
      what: "часы устройства отстают: сертификат облака по ним ещё не начал действовать",
      todo: "дайте устройству время: сервер NTP (provision --ntp), GPS или часы с батарейкой (--rtc); заявка в порядке",
    },
    en: {
      what: "the device's clock is behind: the cloud's certificate is not valid yet by it",
      todo: "give it the time: an NTP server (provision --ntp), GPS or a clock with a battery (--rtc); the claim is good",
    },
  },
  "certificate-waits": {
    level: "trouble",
    ru: {
      what: "сертификата ещё нет: облако недоступно",
      todo: "проверьте модем или сеть и FLEET_URL; программа пробует снова сама, новая заявка не нужна",
    },
    en: {
      what: "there is no certificate yet: the cloud cannot be reached",
      todo: "check the modem or the network, and FLEET_URL; it is asked for again by itself, no other claim is needed",
    },
  },
  "certificate-missing": {
    level: "trouble",
    ru: {
      what: "сертификата нет: брокер не пустит",
      todo: "сделайте заявку (npm run -s client:claim) и положите её в CLAIM_FILE; перезапуск не нужен",
    },
    en: {
      what: "there is no certificate: the broker lets nobody in without",
      todo: "make a claim (npm run -s client:claim) and put it into CLAIM_FILE; no restart is needed",
    },
  },
  "certificate-expired": {
    level: "trouble",
    ru: {
      what: "{serial} истёк {notAfter:day}",
      todo: "сделайте новую заявку (npm run -s client:claim) и положите её в CLAIM_FILE",
    },
    en: {
      what: "{serial} expired on {notAfter:day}",
      todo: "make a new claim (npm run -s client:claim) and put it into CLAIM_FILE",
    },
  },
  "broker-well": {
    level: "well",
    ru: { what: "на связи: {url}" },
    en: { what: "connected: {url}" },
  },
  "broker-away": {
    level: "trouble",
    ru: {
      what: "нет связи с {url}: данные ждут на диске",
      todo: "проверьте модем или сеть; npm run -s edge:doctor скажет, докуда доходит связь",
    },
    en: {
      what: "no connection to {url}: messages wait on the disk",
      todo: "check the modem or the network; npm run -s edge:doctor says how far the connection gets",
    },
  },
  "disk-well": {
    level: "well",
    ru: { what: "свободно {free:bytes} из {total:bytes}" },
    en: { what: "{free:bytes} of {total:bytes} free" },
  },
  "disk-low": {
    level: "trouble",
    ru: {
      what: "свободно только {free:bytes} из {total:bytes}",
      todo: "освободите место (журналы, старые файлы) или уменьшите OUTBOX_BYTES",
    },
    en: {
      what: "only {free:bytes} of {total:bytes} free",
      todo: "make room (logs, old files), or lower OUTBOX_BYTES",
    },
  },
  "disk-inodes": {
    level: "trouble",
    ru: { what: "на диске почти нельзя создать новых файлов ({inodes})", todo: "удалите мелкие ненужные файлы" },
    en: { what: "hardly any file can be made on the disk ({inodes})", todo: "remove small files that nobody needs" },
  },
  "disk-read-only": {
    level: "trouble",
    ru: {
      what: "диск стал доступен только для чтения: карта, вероятно, умирает",
      todo: "замените карту памяти; до этого перезагрузите устройство",
    },
    en: {
      what: "the disk has become read-only: the card is probably dying",
      todo: "replace the memory card; until then start the device anew",
    },
  },
  "disk-unknown": {
    level: "notice",
    ru: { what: "диск нельзя опросить", todo: "проверьте, что папка DATA_DIR есть и доступна этой программе" },
    en: { what: "the disk cannot be asked", todo: "check that DATA_DIR is there and that this program may enter it" },
  },
  "memory-well": {
    level: "well",
    ru: { what: "программа занимает {rss:bytes}" },
    en: { what: "the program takes {rss:bytes}" },
  },
  "memory-low": {
    level: "notice",
    ru: {
      what: "у машины осталось {available:bytes} памяти из {total:bytes}, программа занимает {rss:bytes}",
      todo: "посмотрите, что ещё работает на устройстве (ps aux --sort=-rss | head)",
    },
    en: {
      what: "the machine has {available:bytes} of {total:bytes} memory left, the program takes {rss:bytes}",
      todo: "look what else runs on the device (ps aux --sort=-rss | head)",
    },
  },
  "card-well": {
    level: "well",
    ru: { what: "сегодня записано {written:bytes} из {budget:bytes}" },
    en: { what: "{written:bytes} of {budget:bytes} were written today" },
  },
  "card-worn": {
    level: "notice",
    ru: {
      what: "сегодня записано {written:bytes}, больше {budget:bytes}: измерения копятся дольше, пакетами",
      todo: "увеличьте READING_EVERY_S или READINGS_PER_PACK, или CARD_BUDGET_MB, если карта выносливее",
    },
    en: {
      what: "{written:bytes} were written today, more than {budget:bytes}: readings are packed longer",
      todo: "raise READING_EVERY_S or READINGS_PER_PACK, or CARD_BUDGET_MB where the card bears more",
    },
  },
  "card-worn-by-others": {
    level: "notice",
    ru: {
      what: "сегодня записано {written:bytes}, больше {budget:bytes}, а программой из них только {own:bytes}",
      todo: "посмотрите, кто пишет (iotop -ao); журналу системы нужно Storage=volatile",
    },
    en: {
      what: "{written:bytes} were written today, more than {budget:bytes}, of which {own:bytes} by the program",
      todo: "look who writes (iotop -ao); the system's log needs Storage=volatile",
    },
  },
  "power-unknown": {
    level: "well",
    ru: { what: "машина ничего о нём не говорит" },
    en: { what: "the machine says nothing of it" },
  },
  "power-well": {
    level: "well",
    ru: { what: "питания хватает" },
    en: { what: "it is enough" },
  },
  "power-battery": {
    level: "well",
    ru: { what: "батарея заряжена на {charge} %" },
    en: { what: "the battery is charged to {charge} %" },
  },
  "power-low": {
    level: "trouble",
    ru: {
      what: "батарея заряжена только на {charge} %: устройство экономит",
      todo: "зарядите батарею; на солнце проверьте панель и её кабель",
    },
    en: {
      what: "the battery is charged to {charge} % only: the device saves power",
      todo: "charge the battery; with a solar panel look at the panel and its cable",
    },
  },
  "power-undervoltage": {
    level: "trouble",
    ru: {
      what: "напряжение питания слишком низкое",
      todo: "поставьте блок питания помощнее (5 В, 3 А) и короткий толстый кабель",
    },
    en: {
      what: "the supply's voltage is too low",
      todo: "use a stronger adapter (5 V, 3 A) and a short thick cable",
    },
  },
  "power-was-undervoltage": {
    level: "notice",
    ru: {
      what: "с включения машины напряжение бывало слишком низким",
      todo: "поставьте блок питания помощнее (5 В, 3 А) и короткий толстый кабель",
    },
    en: {
      what: "the supply's voltage was too low since the machine was started",
      todo: "use a stronger adapter (5 V, 3 A) and a short thick cable",
    },
  },
  "heat-unknown": {
    level: "well",
    ru: { what: "машина её не говорит" },
    en: { what: "the machine does not say" },
  },
  "heat-well": {
    level: "well",
    ru: { what: "у процессора {celsius} °C" },
    en: { what: "the processor has {celsius} °C" },
  },
  "heat-throttled": {
    level: "notice",
    ru: {
      what: "{celsius} °C: процессор замедлен",
      todo: "если дело в жаре, дайте тень, воздух или радиатор; если в питании, см. питание",
    },
    en: {
      what: "{celsius} °C: the processor is slowed",
      todo: "if it is the heat, give it shade, air or a heat sink; if it is the supply, see power",
    },
  },
  "heat-hot": {
    level: "trouble",
    ru: {
      what: "{celsius} °C: слишком жарко, устройство работает реже",
      todo: "дайте тень, воздух или радиатор",
    },
    en: { what: "{celsius} °C: too hot, the device does less", todo: "give it shade, air or a heat sink" },
  },
  "runs-first": {
    level: "well",
    ru: { what: "первый запуск" },
    en: { what: "the first start" },
  },
  "runs-clean": {
    level: "well",
    ru: { what: "прошлый запуск закончился как положено (запусков: {starts})" },
    en: { what: "the last run ended cleanly ({starts} starts)" },
  },
  "runs-power": {
    level: "well",
    ru: { what: "до этого пропало питание или машина перезагрузилась (запусков: {starts})" },
    en: { what: "before this the power was lost or the machine started anew ({starts} starts)" },
  },
  "runs-killed": {
    level: "notice",
    ru: {
      what: "прошлый запуск был убит (запусков: {starts})",
      todo: "если не вы его убили: journalctl -u dvornik-edge скажет, кто; часто это нехватка памяти",
    },
    en: {
      what: "the last run was killed ({starts} starts)",
      todo: "if it was not you: journalctl -u dvornik-edge says who did; often memory had run out",
    },
  },
  "runs-out-of-memory": {
    level: "notice",
    ru: { what: "прошлому запуску не хватило памяти", todo: "уменьшите размер фото или поднимите MemoryMax= службы" },
    en: { what: "the last run had run out of memory", todo: "make photos smaller or raise the unit's MemoryMax=" },
  },
  "runs-watchdog": {
    level: "notice",
    ru: {
      what: "прошлый запуск завис и был перезапущен сторожем systemd",
      todo: "если повторяется: пришлите журнал (journalctl -u dvornik-edge)",
    },
    en: {
      what: "the last run hung and systemd's watchdog started it anew",
      todo: "if it comes again: send the log (journalctl -u dvornik-edge)",
    },
  },
  "runs-crashed": {
    level: "notice",
    ru: {
      what: "прошлый запуск оборвался ошибкой (запусков: {starts})",
      todo: "если повторяется: пришлите журнал (journalctl -u dvornik-edge)",
    },
    en: {
      what: "the last run ended with an error ({starts} starts)",
      todo: "if it comes again: send the log (journalctl -u dvornik-edge)",
    },
  },
  "runs-loop": {
    level: "trouble",
    ru: {
      what: "программа падает снова и снова (запусков: {starts})",
      todo: "посмотрите причину (journalctl -u dvornik-edge); верните прежние настройки или прежнюю версию",
    },
    en: {
      what: "the program fails again and again ({starts} starts)",
      todo: "look for the cause (journalctl -u dvornik-edge); go back to the settings or the version before",
    },
  },
} as const satisfies Readonly<Record<string, FindingKind>>;
