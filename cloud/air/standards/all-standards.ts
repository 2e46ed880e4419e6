import china from "./cn-aqi-2012.json" with { type: "json" };
import eaqiFormer from "./eaqi-2017.json" with { type: "json" };
import eaqiLinear from "./eaqi-2017-linear.json" with { type: "json" };
import eaqi from "./eaqi-2025.json" with { type: "json" };
import india from "./in-naqi-2014.json" with { type: "json" };
import russia from "./ru-pdk-2021.json" with { type: "json" };
import { Standard } from "./standard.ts";
import uk from "./uk-daqi-2013.json" with { type: "json" };
import usFormer from "./us-epa-2012.json" with { type: "json" };
import us from "./us-epa-2024.json" with { type: "json" };
import who from "./who-2021.json" with { type: "json" };

/** Every standard of this folder, as a chooser shows them; a new file is one line here and nothing else. */
export const standards: readonly Standard[] = [
  us,
  eaqi,
  russia,
  who,
  uk,
  china,
  india,
  eaqiFormer,
  usFormer,
  eaqiLinear,
].map((file) => Standard.parse(file));

const byId: ReadonlyMap<string, Standard> = new Map(standards.map((standard) => [standard.id, standard]));

/** A standard by its id; undefined where there is none. */
export const standardOf = (id: string): Standard | undefined => byId.get(id);
