/** What each open route is for, in Russian; the English words are the summaries of the OpenAPI. */
export const ROUTES_RU: Readonly<Record<string, string>> = {
  "GET /healthz": "Состояние частей программы словами",
  "GET /api/v1/stations": "Все станции с последними значениями",
  "GET /api/v1/stations/{id}": "Одна станция целиком",
  "GET /api/v1/stations/at": "Все станции, какими они были в один момент последних 48 часов",
  "GET /api/v1/stations/{id}/averages":
    "Средние от одной до четырёх станций во времени: за 1 мин, 20 мин, час или сутки, с полнотой, уверенностью, сомнениями и поправкой, столбцами",
  "GET /api/v1/stations/{id}/samples":
    "Отдельные значения одного поля, как их назвали датчики, без поправки, не более чем за 6 часов",
  "GET /api/v1/sites": "Все площадки с их состоянием",
  "GET /api/v1/sites/{id}": "Одна площадка с последним посещением и парой фотографий",
  "GET /api/v1/photos/{sha}.jpg": "Фотография посещения по SHA-256 её байтов",
  "GET /api/v1/live": "Поток изменений (Server-Sent Events)",
  "GET /api/v1/index": "Что говорит стандарт об одном значении, с применённым правилом; null вместо догадки",
  "POST /api/v1/nowcast": "NowCast частиц (12 часов) или озона (8 часов), с применённым правилом",
  "GET /api/v1/standards": "Все стандарты: вещества, времена осреднения, категории и цвета, источники",
  "GET /api/v1/standards/{id}": "Один стандарт целиком, со всеми границами",
  "GET /api/v1/bulletins": "Официальные сообщения об НМУ, которые действуют или ожидаются; all=true: и завершённые",
  "GET /api/v1/open/stations.geojson":
    "Все станции: исходные и исправленные значения, средние, сомнения и уверенность, GeoJSON",
  "GET /api/v1/open/stations.csv":
    "То же в CSV: строка на станцию, вещество и время осреднения, с единицами и происхождением",
  "GET /api/v1/open/archive/{station}/{day}.csv":
    "Часовые средние станции за день UTC; адрес постоянен, ETag новый, если пришли запоздавшие данные",
  "GET /api/v1/sensorthings/v1.1": "OGC SensorThings 1.1 для чтения: его множества и что из стандарта здесь есть",
  "GET /api/v1/sensorthings/v1.1/{*}":
    "Things, Locations, Sensors, ObservedProperties, Datastreams и Observations стандарта OGC SensorThings 1.1; наблюдение это среднее за полный час UTC",
  "GET /api/v1/open/sensor-community.json":
    "Последние исходные значения в формате Sensor.Community (P1 это PM10, P2 это PM2.5, давление в Па)",
};

/** An address to try, by route; where there is none the route itself is shown. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  "GET /api/v1/index": "curl 'ORIGIN/api/v1/index?standard=us-epa-2024&pollutant=pm25&value=28.4&averaging=nowcast'",
  "POST /api/v1/nowcast":
    'curl -H \'Content-Type: application/json\' ORIGIN/api/v1/nowcast -d \'{"pollutant":"pm25","hours":[21,null,35]}\'',
  "GET /api/v1/standards/{id}": "curl ORIGIN/api/v1/standards/ru-pdk-2021",
  "GET /api/v1/stations/{id}/averages":
    "curl 'ORIGIN/api/v1/stations/STATION/averages?pollutant=pm25&average=h1&from=2026-11-01T00:00:00Z&to=2026-11-22T00:00:00Z'",
  "GET /api/v1/stations/{id}/samples":
    "curl 'ORIGIN/api/v1/stations/STATION/samples?field=pm25&from=2026-11-22T10:00:00Z&to=2026-11-22T12:00:00Z'",
  "GET /api/v1/sensorthings/v1.1/{*}":
    "curl -G \"ORIGIN/api/v1/sensorthings/v1.1/Datastreams('STATION:pm25')/Observations\" -d '$top=24' --data-urlencode '$orderby=phenomenonTime desc' --data-urlencode '$filter=phenomenonTime ge 2026-11-01T00:00:00Z'",
  "GET /api/v1/open/stations.geojson": "curl -O ORIGIN/api/v1/open/stations.geojson",
  "GET /api/v1/open/stations.csv": "curl -O ORIGIN/api/v1/open/stations.csv",
  "GET /api/v1/open/archive/{station}/{day}.csv": "curl -O ORIGIN/api/v1/open/archive/STATION/2026-11-22.csv",
  "GET /api/v1/open/sensor-community.json": "curl ORIGIN/api/v1/open/sensor-community.json",
};

export const DOCS_WORDS = {
  en: {
    title: "Open data of the air",
    other: "Русский",
    routes: "Addresses",
    parameters: "Parameters",
    needed: "needed",
    answers: "Answers",
    example: "Example",
    machine: "The same for machines (OpenAPI 3.1):",
    rules: ({ open, map }: { readonly open: number; readonly map: number }, licence: string) => [
      "No key and no account: any program and any site's page may ask.",
      `At most ${open} requests in a minute from one address, of averages and moments of the past ${map}, since readers of the map may share one; each answer says in RateLimit what is left, beyond it comes 429, and 503 while many ask at once: come again after Retry-After.`,
      `Licence: ${licence}.`,
      "Values are µg/m³, carbon monoxide mg/m³, times UTC. Raw values are never changed; corrected ones name their formula and its version, and every value its doubts (flags), coverage and confidence.",
      "Answers carry an ETag: ask again with If-None-Match. Newest values are kept for a minute, a day of the archive for a day once it is closed (two days after its end).",
      "An error is {code, message}. Where a standard says nothing of a value the index is null, with the reason.",
    ],
  },
  ru: {
    title: "Открытые данные о воздухе",
    other: "English",
    routes: "Адреса",
    parameters: "Параметры",
    needed: "обязательно",
    answers: "Ответы",
    example: "Пример",
    machine: "То же для программ (OpenAPI 3.1):",
    rules: ({ open, map }: { readonly open: number; readonly map: number }, licence: string) => [
      "Без ключа и учётной записи: спрашивать может любая программа и страница любого сайта.",
      `Не более ${open} запросов в минуту с одного адреса, средних и моментов прошлого — ${map}: у читателей карты адрес может быть общим; каждый ответ говорит в RateLimit, сколько осталось, сверх того — 429, а когда спрашивают многие сразу, 503: приходите снова через Retry-After.`,
      `Лицензия: ${licence}.`,
      "Значения в мкг/м³, оксид углерода в мг/м³, время UTC. Исходные значения не меняются; исправленные называют формулу и её версию, каждое значение — свои сомнения (flags), полноту (coverage) и уверенность (confidence).",
      "У ответов есть ETag: спрашивайте снова с If-None-Match. Последние значения хранятся минуту, день архива — сутки после закрытия (через двое суток после его конца).",
      "Ошибка это {code, message}. Где стандарт ничего не говорит о значении, индекс равен null, с причиной.",
    ],
  },
} as const;
