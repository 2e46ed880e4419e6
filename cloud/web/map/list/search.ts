import type { Bilingual } from "#contract/registry.ts";

const plain = (text: string): string => text.toLowerCase().replaceAll("ё", "е");

/** Whether each word that is sought stands somewhere in a place's names, in either language; ё and е are one letter. */
export function matches(
  { name, municipalityName }: { readonly name: Bilingual; readonly municipalityName: Bilingual },
  sought: string,
): boolean {
  const text = plain([name.ru, name.en, municipalityName.ru, municipalityName.en].join(" "));
  return plain(sought)
    .split(/\s+/)
    .every((word) => text.includes(word));
}
