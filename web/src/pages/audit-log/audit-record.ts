import { describeMoment } from "../../components/time.tsx";

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

/** Returns the details, a line each: "changed: url, active". Empty values are omitted; times are in the given time zone. */
export const describeDetail = (detail: Readonly<Record<string, unknown>>, timeZone: string): readonly string[] =>
  Object.entries(detail).flatMap(([name, value]) => {
    const text = detailText(value, timeZone);
    if (name === "serviceIds") return [`products: ${value === null ? "all" : text || "none"}`]; // null includes future ones
    return text === "" ? [] : [`${labels[name] ?? inWords(name)}: ${text}`];
  });

/** Labels of names that do not explain themselves. */
const labels: Readonly<Record<string, string>> = { of: "objects" };

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function detailText(value: unknown, timeZone: string): string {
  if (typeof value === "string") return isoTime.test(value) ? describeMoment(new Date(value), timeZone) : value;
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map((each) => detailText(each, timeZone)).join(", ");
  return typeof value === "object" ? describeDetail({ ...value }, timeZone).join("; ") : JSON.stringify(value);
}

const inWords = (name: string): string =>
  name
    .replaceAll(/[._-]/g, " ")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
