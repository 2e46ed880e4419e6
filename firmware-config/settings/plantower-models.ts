/** The instruments of Plantower; S measures formaldehyde too, T temperature and humidity, ST all of them. */
export const PLANTOWER_MODELS = ["pms3003", "pms5003", "pms7003", "pms5003s", "pms5003t", "pms5003st"] as const;
export type PlantowerModel = (typeof PLANTOWER_MODELS)[number];
