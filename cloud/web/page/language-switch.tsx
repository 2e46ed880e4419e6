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
      onClick={choice.toggle}
    >
      <span class="wide-only">{words.switchLanguage}</span>
      <span class="narrow-only">{language === "ru" ? "EN" : "РУС"}</span>
      <span class="visually-hidden">: {words.switchLanguageHint}</span>
    </button>
  );
}
