const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON that is also safe inside a page, as 3scale writes it. */
export const writeJson = (it: unknown): string =>
  JSON.stringify(it).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
