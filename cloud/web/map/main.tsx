import "../page/no-eval.ts";
import "../page/base.css";
import "./page.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { systemClock } from "#kit/clock.ts";
import { startOffline } from "../offline/start-offline.ts";
import { createLanguageChoice } from "../page/language.ts";
import { browserMemory } from "../page/memory.ts";
import { showPage } from "../page/shell.tsx";
import { startViewStore } from "./address/view-store.ts";
import { startBulletins } from "./bulletins/bulletins.ts";
import { createHome } from "./card/home.ts";
import { MapPage } from "./map-page.tsx";
import { startMapStore } from "./map-store.ts";
import { createAirStore } from "./station/air-store.ts";

const choice = createLanguageChoice(browserMemory, navigator.languages);
const views = startViewStore(choice);
const store = startMapStore(systemClock, views.atMs);
const air = createAirStore(store, views.choice, browserMemory);
const home = createHome(browserMemory);
const { isOutdated } = startOffline([workerUrl]);
showPage(
  choice,
  ({ words }) => `${words.brand}: ${words.map.title}`,
  <MapPage store={store} air={air} views={views} home={home} bulletins={startBulletins()} isOutdated={isOutdated} />,
);
