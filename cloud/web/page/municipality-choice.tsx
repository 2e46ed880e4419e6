import type { Signal } from "@preact/signals";
import type { Bilingual } from "#contract/registry.ts";
import { useSpeech } from "./language.ts";

/** A place or an alert, as far as the choice is concerned. */
interface InMunicipality {
  readonly municipality: string;
  readonly municipalityName: Bilingual;
}

/** Narrows a list to one municipality; the empty choice is all of them. */
export function MunicipalityChoice(props: {
  readonly among: readonly InMunicipality[];
  readonly chosen: Signal<string>;
}) {
  const { words, name, language } = useSpeech();
  const names = new Map(props.among.map((one) => [one.municipality, name(one.municipalityName)]));
  const sorted = [...names].sort(([, a], [, b]) => a.localeCompare(b, language));
  return (
    <label class="choose">
      <span>{words.map.municipality}</span>
      <select
        value={props.chosen.value}
        onChange={(event) => {
          props.chosen.value = event.currentTarget.value;
        }}
      >
        <option value="">{words.map.allMunicipalities}</option>
        {sorted.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
