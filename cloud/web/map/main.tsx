import "../page/no-eval.ts";
import "../page/base.css";
import "./page.css";
import { systemClock } from "#kit/clock.ts";
import { createLanguageChoice } from "../page/language.ts";
import { browserMemory } from "../page/memory.ts";
import { showPage } from "../page/shell.tsx";
import { MapPage } from "./map-page.tsx";
import { startMapStore } from "./map-store.ts";
import { startViewStore } from "./view-store.ts";

const choice = createLanguageChoice(browserMemory, navigator.languages);
const store = startMapStore(systemClock);
const views = startViewStore();
showPage(choice, ({ words }) => `${words.brand}: ${words.map.title}`, <MapPage store={store} views={views} />);
