/** What stands on paper, in English. */
export const printEn = {
  print: {
    print: "Print",
    asOf: (when: string) => `As of ${when}`,
    source: (address: string) => `Source: ${address}`,
  },
};

/** What stands on paper, in Russian. */
export const printRu: typeof printEn = {
  print: {
    print: "Напечатать",
    asOf: (when) => `По состоянию на ${when}`,
    source: (address) => `Источник: ${address}`,
  },
};
