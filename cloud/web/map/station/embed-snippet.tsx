import type { StationFeature } from "../../../http/schemas.ts";
import { useSpeech } from "../../page/language.ts";
import type { Choice } from "../address/choice.ts";

/** The lines that put a station's frame into another site's page. */
export function snippetOf(origin: string, station: string, choice: Choice, language: string, title: string): string {
  const src = `${origin}/embed?${new URLSearchParams({ station, ...choice, lang: language })}`;
  const safe = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<iframe src="${safe(src)}" title="${safe(title)}" width="360" height="160" style="border:0"></iframe>`;
}

/** What to copy in order to show this station elsewhere. */
export function EmbedSnippet({ station, choice }: { readonly station: StationFeature; readonly choice: Choice }) {
  const { words, language, name } = useSpeech();
  const title = name(station.properties.name);
  return (
    <details class="embed">
      <summary>{words.print.embed}</summary>
      <label class="choose">
        <span>{words.print.embedHint}</span>
        <textarea
          readOnly
          rows={4}
          value={snippetOf(window.location.origin, station.id, choice, language, title)}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
    </details>
  );
}
