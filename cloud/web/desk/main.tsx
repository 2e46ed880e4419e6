import "../page/no-eval.ts";
import "../page/base.css";
import "./desk.css";
import { systemClock } from "#kit/clock.ts";
import { createLanguageChoice } from "../page/language.ts";
import { browserMemory } from "../page/memory.ts";
import { showPage } from "../page/shell.tsx";
import { isOpen } from "./alerts.ts";
import { DeskPage } from "./desk-page.tsx";
import { startDeskStore } from "./desk-store.ts";
import { createPerson } from "./person.ts";

const choice = createLanguageChoice(browserMemory, navigator.languages);
const store = startDeskStore(systemClock);
const person = createPerson(browserMemory);
showPage(
  choice,
  ({ words }) => {
    // The number of open alerts is seen even when the tab is not.
    const open = [...store.alerts.value.values()].filter(isOpen).length;
    return `${open > 0 ? `(${open}) ` : ""}${words.brand}: ${words.desk.title}`;
  },
  <DeskPage store={store} person={person} />,
);
