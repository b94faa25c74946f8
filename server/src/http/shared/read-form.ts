/** The fields of a form as texts. Of a field that was sent twice, the first; what is not a form has none. */
export function readForm(body: unknown): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null); // a field may be called `constructor`
  if (typeof body !== "object" || body === null) return fields;
  for (const [name, value] of Object.entries(body)) {
    const text: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof text === "string") fields[name] = text;
  }
  return fields;
}

/** All that a form says under one name, in its order. */
export function readList(body: unknown, name: string): readonly string[] {
  if (typeof body !== "object" || body === null) return [];
  const value: unknown = Object.entries(body).find(([its]) => its === name)?.[1];
  return [value].flat().filter((it) => typeof it === "string");
}
