/** Returns "Endpoint secret rotated" for `endpoint.secret_rotated`. */
export const describeAction = (action: string): string => capitalize(inWords(action));

/** Returns "Fields definition 3" for `fields-definition/3`. */
export function describeSubject(subject: string): string {
  const [kind = "", id = ""] = subject.split("/", 2);
  return capitalize(inWords(kind)) + (id && ` ${id}`);
}

/** Returns the path of the subject's page, if it has one. */
export function subjectPath(subject: string): string | undefined {
  const [kind = "", id = ""] = subject.split("/", 2);
  const folder = pages[kind];
  return folder && id ? `/${folder}/${encodeURIComponent(id)}` : undefined;
}

const pages: Readonly<Record<string, string>> = {
  account: "accounts",
  delivery: "deliveries",
  endpoint: "endpoints",
  event: "events",
  product: "products",
};

/** Returns the details, a line each: "changed: url, active". Empty values are omitted. */
export const describeDetail = (detail: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(detail).flatMap(([name, value]) => {
    if (name === "serviceIds") return [`products: ${productScopeText(value)}`];
    const text = detailText(value);
    return text === "" ? [] : [`${inWords(name)}: ${text}`];
  });

/** Null means all products, future ones included. */
const productScopeText = (value: unknown): string => (value === null ? "all" : detailText(value) || "none");

function detailText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map(detailText).join(", ");
  return typeof value === "object" ? describeDetail({ ...value }).join("; ") : JSON.stringify(value);
}

const inWords = (name: string): string =>
  name
    .replaceAll(/[._-]/g, " ")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
