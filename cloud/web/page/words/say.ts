/** The words of a key that may not be in the dictionary: a newer server may know more than an open page. */
export function sayOf(dictionary: Readonly<Record<string, string>>, key: string): string {
  return dictionary[key] ?? key;
}
