import type { Address } from "#contract/names.ts";
import type { Bilingual, Position, Registry, Site, Station } from "#contract/registry.ts";
import { seededRandom } from "./random.ts";

/** The tenant of the demo town. */
export const TENANT = "demo-ural";

/** The two real edge programs. */
export const TRUCK: Address = { tenant: TENANT, device: "truck-1" };
export const POST: Address = { tenant: TENANT, device: "post-1" };

const FLEET_POSTS = 14;
const SITES = 44;

/** The light fleet's air posts. */
export const FLEET: readonly Address[] = Array.from({ length: FLEET_POSTS }, (_, at) => ({
  tenant: TENANT,
  device: `fleet-${at + 1}`,
}));

/** Two towns near Chelyabinsk; centres from their public coordinates, everything else is made up and marked demo. */
const MUNICIPALITIES = [
  { id: "kopeysk", tenant: TENANT, name: { ru: "Копейск", en: "Kopeysk" }, centre: [61.618, 55.117] },
  { id: "korkino", tenant: TENANT, name: { ru: "Коркино", en: "Korkino" }, centre: [61.403, 54.891] },
] as const;

const STREETS: readonly Bilingual[] = [
  { ru: "ул. Ленина", en: "Lenin St" },
  { ru: "ул. Мира", en: "Mira St" },
  { ru: "ул. Победы", en: "Pobedy St" },
  { ru: "ул. Шахтёров", en: "Shakhtyorov St" },
  { ru: "ул. Кирова", en: "Kirov St" },
  { ru: "пр. Славы", en: "Slavy Ave" },
  { ru: "ул. Гагарина", en: "Gagarin St" },
  { ru: "ул. Садовая", en: "Sadovaya St" },
  { ru: "ул. Школьная", en: "Shkolnaya St" },
  { ru: "ул. Лесная", en: "Lesnaya St" },
  { ru: "ул. Калинина", en: "Kalinin St" },
];

const random = seededRandom(174);
/** Spread around a town's centre in degrees: about 2.5 km. */
const SPREAD_DEG = 0.022;

function near([longitude, latitude]: Position): Position {
  const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5;
  const angle = random() * 2 * Math.PI;
  const distance = Math.sqrt(random()) * SPREAD_DEG;
  return [round(longitude + 1.7 * distance * Math.cos(angle)), round(latitude + distance * Math.sin(angle))];
}

function addressAt(at: number): Bilingual {
  const street = STREETS[at % STREETS.length] ?? { ru: "ул. Новая", en: "Novaya St" };
  const house = 2 + ((at * 7) % 60);
  return { ru: `${street.ru}, ${house}`, en: `${street.en}, ${house}` };
}

function placeAt(at: number, prefix: Bilingual): Omit<Station, "id"> {
  const { id: municipality, centre } = at % 2 === 0 ? MUNICIPALITIES[0] : MUNICIPALITIES[1];
  const street = addressAt(at);
  return {
    tenant: TENANT,
    municipality,
    name: { ru: `${prefix.ru}, ${street.ru}`, en: `${prefix.en}, ${street.en}` },
    position: near([centre[0], centre[1]]),
    demo: true,
  };
}

/** The registry of the demo town: two municipalities, a station for each post, the sites of the truck's rounds. */
export function townRegistry(): Registry {
  const posts = [POST, ...FLEET];
  const stations: Station[] = posts.map(({ device }, at) => ({
    id: `air-${device}`,
    ...placeAt(at, { ru: "Пост воздуха", en: "Air post" }),
  }));
  const sites: Site[] = Array.from({ length: SITES }, (_, at) => ({
    id: `site-${String(at + 1).padStart(3, "0")}`,
    ...placeAt(at, { ru: "Площадка", en: "Site" }),
  }));
  return {
    municipalities: MUNICIPALITIES.map(({ id, tenant, name }) => ({ id, tenant, name })),
    stations,
    sites,
    assignments: posts.map(({ tenant, device }) => ({ tenant, device, station: `air-${device}`, from: 0 })),
  };
}
