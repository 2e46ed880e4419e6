import { useLanguageChoice } from "./language.ts";

/** One button that speaks the language it leads to. */
export function LanguageSwitch() {
  const choice = useLanguageChoice();
  const { language, words } = choice.speech.value;
  return (
    <button
      type="button"
      class="button quiet language-switch"
      lang={language === "ru" ? "en" : "ru"}
      title={words.switchLanguageHint}
      aria-label={words.switchLanguageHint}
      onClick={choice.toggle}
    >
      <span class="wide-only">{words.switchLanguage}</span>
      <span class="narrow-only" aria-hidden="true">
        {language === "ru" ? "EN" : "РУС"}
      </span>
    </button>
  );
}
