import { effect } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import { type LanguageChoice, LanguageContext, type Speech } from "./language.ts";

/** Draws a page and keeps the document's language and title in step with the chosen language. */
export function showPage(choice: LanguageChoice, titleOf: (speech: Speech) => string, page: ComponentChildren): void {
  effect(() => {
    document.documentElement.lang = choice.speech.value.language;
    document.title = titleOf(choice.speech.value);
  });
  const root = document.getElementById("page");
  if (root === null) throw new Error("the page has no element with the id `page`");
  render(<LanguageContext.Provider value={choice}>{page}</LanguageContext.Provider>, root);
}
