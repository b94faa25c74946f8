/** `endpoint.secret_rotated` as words: "Endpoint secret rotated". */
export const describeAction = (action: string): string => capitalize(inWords(action));

/** `fields-definition/3` as words: "Fields definition 3". */
export function describeSubject(subject: string): string {
  const [kind = "", id = ""] = subject.split("/", 2);
  return capitalize(inWords(kind)) + (id && ` ${id}`);
}

/** Where the subject has a page of its own, its address in the app. */
export function pageOfSubject(subject: string): string | undefined {
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

/** What else was said of a deed, a part for each: "changed: url, active". What says nothing is left out. */
export const describeDetail = (detail: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(detail).flatMap(([name, value]) => {
    if (name === "serviceIds") return [`products: ${textOfReach(value)}`];
    const text = textOf(value);
    return text === "" ? [] : [`${inWords(name)}: ${text}`];
  });

/** The products of a member as the dialog of the permissions has them: null stands for all, also those still to come. */
const textOfReach = (value: unknown): string => (value === null ? "all" : textOf(value) || "none");

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "object" ? describeDetail({ ...value }).join("; ") : JSON.stringify(value);
}

const inWords = (name: string): string =>
  name
    .replaceAll(/[._-]/g, " ")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
