import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { z } from "zod";
import type { Bilingual } from "#contract/registry.ts";
import { createFormat, type Format } from "./format.ts";
import type { Memory } from "./memory.ts";
import { type Words, words } from "./words.ts";

/** The languages of the pages. */
export const Language = z.enum(["ru", "en"]);
export type Language = z.infer<typeof Language>;

/** The remembered language, else the first of the browser's wishes that we speak, else Russian (the model region's). */
export function chooseLanguage(remembered: string | null, wishes: readonly string[]): Language {
  const candidates = [remembered ?? "", ...wishes.map((wish) => wish.slice(0, 2).toLowerCase())];
  for (const candidate of candidates) {
    const parsed = Language.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return "ru";
}

/** What a component needs to speak: words, formats, and the right half of a bilingual name. */
export interface Speech {
  readonly language: Language;
  readonly words: Words;
  readonly format: Format;
  name(text: Bilingual): string;
}

/** The chosen language of the page; every component that reads `speech` follows a switch. */
export interface LanguageChoice {
  readonly speech: ReadonlySignal<Speech>;
  toggle(): void;
  /** Speaks the language of a link that was opened, without remembering it as a wish. */
  follow(language: Language): void;
}

const KEY = "dvornik.language";

/** Starts with the remembered or wished language and remembers each switch. */
export function createLanguageChoice(memory: Memory, wishes: readonly string[]): LanguageChoice {
  const language = signal(chooseLanguage(memory.read(KEY), wishes));
  return {
    speech: computed(() => ({
      language: language.value,
      words: words[language.value],
      format: createFormat(language.value),
      name: (text) => text[language.value],
    })),
    toggle: () => {
      language.value = language.value === "ru" ? "en" : "ru";
      memory.write(KEY, language.value);
    },
    follow: (next) => {
      language.value = next;
    },
  };
}

/** Carries the page's language down to every component. */
export const LanguageContext = createContext<LanguageChoice | undefined>(undefined);

/** The page's language choice; it must stand above in the tree. */
export function useLanguageChoice(): LanguageChoice {
  const choice = useContext(LanguageContext);
  if (choice === undefined) throw new Error("LanguageContext is missing above this component");
  return choice;
}

/** Words and formats of the present language. */
export function useSpeech(): Speech {
  return useLanguageChoice().speech.value;
}
