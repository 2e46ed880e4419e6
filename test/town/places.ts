import type { Address } from "#contract/names.ts";
import type { Bilingual, Position, Registry, Site, Station } from "#contract/registry.ts";

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

/** Two neighbours in Chelyabinsk's agglomeration; centres from their public coordinates, the rest is made up (demo). */
const MUNICIPALITIES = [
  {
    id: "leninsky",
    tenant: TENANT,
    name: { ru: "Ленинский район", en: "Leninsky district" },
    centre: [61.487, 55.128],
  },
  { id: "kopeysk", tenant: TENANT, name: { ru: "Копейск", en: "Kopeysk" }, centre: [61.618, 55.117] },
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

/** Radius of a municipality's places in degrees of latitude: about 3.5 km. */
const RADIUS_DEG = 0.031;
/** A degree of longitude is so much shorter here (cosine of 55° N). */
const LONGITUDE_STRETCH = 1 / 0.57;
/** The golden angle: points on a spiral that turns by it are spread evenly, and no two lie on top of each other. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** The position of place `at` of `count` around a centre. */
function spread([longitude, latitude]: Position, at: number, count: number): Position {
  const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5;
  const distance = Math.sqrt((at + 0.5) / count) * RADIUS_DEG;
  const angle = at * GOLDEN_ANGLE;
  return [
    round(longitude + LONGITUDE_STRETCH * distance * Math.cos(angle)),
    round(latitude + distance * Math.sin(angle)),
  ];
}

function addressAt(at: number): Bilingual {
  const street = STREETS[at % STREETS.length] ?? { ru: "ул. Новая", en: "Novaya St" };
  const house = 2 + Math.floor(at / STREETS.length) * 11 + (at % 7);
  return { ru: `${street.ru}, ${house}`, en: `${street.en}, ${house}` };
}

/** Place `at` of all; every second one lies in the second municipality. */
function placeAt(at: number, prefix: Bilingual): Omit<Station, "id"> {
  const { id: municipality, centre } = at % 2 === 0 ? MUNICIPALITIES[0] : MUNICIPALITIES[1];
  const street = addressAt(at);
  return {
    tenant: TENANT,
    municipality,
    name: { ru: `${prefix.ru}, ${street.ru}`, en: `${prefix.en}, ${street.en}` },
    position: spread([centre[0], centre[1]], Math.floor(at / 2), Math.ceil((FLEET_POSTS + 1 + SITES) / 2)),
    demo: true,
  };
}

/** Among the places every fourth is an air post, so that both kinds are spread over the town. */
const POST_EACH = 4;

/** The registry of the demo town: two municipalities, a station for each post, the sites of the truck's rounds. */
export function townRegistry(): Registry {
  const posts = [POST, ...FLEET];
  const placeOfPost = (at: number) => at * POST_EACH - (at % 2 === 0 ? 0 : 1);
  const taken = new Set(posts.map((_, at) => placeOfPost(at)));
  const free = Array.from({ length: posts.length + SITES }, (_, at) => at).filter((at) => !taken.has(at));
  const stations: Station[] = posts.map(({ device }, at) => ({
    id: `air-${device}`,
    ...placeAt(placeOfPost(at), { ru: "Пост воздуха", en: "Air post" }),
  }));
  const sites: Site[] = free.map((place, at) => ({
    id: `site-${String(at + 1).padStart(3, "0")}`,
    ...placeAt(place, { ru: "Площадка", en: "Site" }),
  }));
  return {
    municipalities: MUNICIPALITIES.map(({ id, tenant, name }) => ({ id, tenant, name })),
    stations,
    sites,
    assignments: posts.map(({ tenant, device }) => ({ tenant, device, station: `air-${device}`, from: 0 })),
  };
}
