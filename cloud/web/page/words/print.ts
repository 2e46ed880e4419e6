/** What stands on paper, in English. */
export const printEn = {
  print: {
    print: "Print",
    asOf: (when: string) => `As of ${when}`,
    source: (address: string) => `Source: ${address}`,
    embed: "Show it on your site",
    embedHint:
      "Copy these lines into your page. With near=55.16,61.40 in the place of station=… it is the nearest station.",
  },
};

/** What stands on paper, in Russian. */
export const printRu: typeof printEn = {
  print: {
    print: "Напечатать",
    asOf: (when) => `По состоянию на ${when}`,
    source: (address) => `Источник: ${address}`,
    embed: "Показать на своём сайте",
    embedHint: "Скопируйте эти строки в свою страницу. С near=55.16,61.40 вместо station=… это будет ближайший пост.",
  },
};
