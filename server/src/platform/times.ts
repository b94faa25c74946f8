const firstMs = Date.parse("0001-01-01T00:00:00.000Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Returns the time if its year has four digits. JavaScript writes other years with a sign, which PostgreSQL and many clients
 * cannot parse.
 */
function withFourDigitYear(moment: Date): Date | undefined {
  const ms = moment.getTime(); // not a number for no moment at all, which is in no span
  return ms >= firstMs && ms <= lastMs ? moment : undefined;
}

/** Returns the time this many milliseconds after 1970 began. */
export const timeAt = (msSince1970: number): Date => new Date(msSince1970);

/** Formats a time as ISO 8601 with milliseconds, in UTC. */
export const isoTime = (msSince1970: number): string => timeAt(msSince1970).toISOString();

/** Parses a time that PostgreSQL wrote into JSON. */
export const parseIsoTime = (text: string): Date => new Date(text);

const msPerDay = 24 * 60 * 60 * 1000;

/** Returns the time this many times 24 hours later. */
export const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * msPerDay);

/** Parses an ISO 8601 text with a zone, or a time of a certificate as OpenSSL writes it. Returns undefined for a date that does not exist. */
export function parseTime(text: string): Date | undefined {
  const [date, day] = /^\d{4}-\d\d-(\d\d)/.exec(text) ?? [];
  // JavaScript takes 30 February for 2 March.
  if (date !== undefined && new Date(date).getUTCDate() !== Number(day)) return undefined;
  return withFourDigitYear(new Date(text));
}

/**
 * Completes the zone of an ISO 8601 time in a query, as RFC 3339 writes it: `strftime` of C and Python writes `+0100`, and an
 * unescaped "+" arrives as a space. Returns other text as it is.
 */
export const completeZone = (text: string): string => {
  const [, time, sign, hour, minute] = shortZone.exec(text) ?? [];
  return time === undefined ? text : `${time}${sign === " " ? "+" : sign}${hour}:${minute}`;
};

const shortZone = /^(.*T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([-+ ])(\d\d):?(\d\d)$/i;

/** Parses an IMF-fixdate (RFC 9110 §5.6.7) of an HTTP header. Returns undefined for other text. */
export function parseHttpDate(text: string): Date | undefined {
  const at = new Date(text);
  // `toUTCString` writes this format: text that does not round-trip has another format or a date that does not exist.
  return at.toUTCString() === text ? at : undefined;
}

const date = String.raw`(?<year>\d{4})(?:(?<dash>[-/])(?<month>\d\d?)\k<dash>(?<day>\d\d?)|(?<month>\d\d)(?<day>\d\d))`;
const dottedDate = String.raw`(?<day>\d\d?)\.(?<month>\d\d?)\.(?<year>\d{4})`;
const weekday = "(?:[a-z]{3},? +)?";
const namedMonthDate = String.raw`${weekday}(?<day>\d\d?) +(?<monthName>[a-z]{3})[a-z]* +(?<year>\d{4})`;
const monthFirst = String.raw`${weekday}(?<monthName>[a-z]{3})[a-z]* +(?<day>\d\d?)`;
const colons = String.raw`(?<hour>\d\d?):(?<minute>\d\d?)(?::(?<second>\d\d?))?`;
const compact = String.raw`(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)?`;
const time = String.raw`(?:${colons}|${compact})(?:[.,]\d+)?`;

// Minutes east of UTC, for common abbreviations.
const zones = new Map(
  Object.entries({
    bst: 60,
    cet: 60,
    cest: 120,
    eet: 120,
    eest: 180,
    msk: 180,
    ist: 330,
    jst: 540,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
    mst: -420,
    mdt: -360,
    pst: -480,
    pdt: -420,
  }),
);
// An unescaped "+" in a query arrives as a space.
const offset = String.raw`(?<sign>[-+ ])(?<zoneHour>\d\d):?(?<zoneMinute>\d\d)`;
const zone = `(?: *(?<utc>z|utc|gmt)| *(?<zoneName>${[...zones.keys()].join("|")})| *${offset})?`;

const shapes = [
  `${date}(?:(?:t| +)${time}${zone})?`,
  `${dottedDate}(?: +${time}${zone})?`,
  `${namedMonthDate}(?: +${time}${zone})?`,
  String.raw`${monthFirst},? +(?<year>\d{4})(?: +${time}${zone})?`,
  String.raw`${monthFirst} +${time}${zone} +(?<year>\d{4})`, // as "date" and "ctime" write it
  String.raw`(?<hour>\d\d?):(?<minute>\d\d)(?::(?<second>\d\d))?${zone}`,
].map((shape) => new RegExp(`^${shape}$`, "i"));

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * Parses a time in a format that people and programs write: `2010-01-01`, `2010-01-01 10:10:10`, `20100101T101010+0100`,
 * `01.02.2010`, `Fri, 01 Jan 2010 10:10:10 GMT`, `Fri Jan  1 10:10:10 CET 2010`, `10:30` (today). A text without a zone is a time in
 * `timeZone`, and today is the day there. Returns undefined for a bare number, a word, a date that does not exist, or a year without four digits.
 */
export function parseLenientTime(text: string, now: Date, timeZone = "UTC"): Date | undefined {
  const parts = shapes.map((shape) => shape.exec(text.trim())?.groups).find((groups) => groups !== undefined);
  if (!parts) return undefined;

  const number = (name: string, otherwise: number): number => Number(parts[name] ?? otherwise);
  const today = zonedTime(now, timeZone);
  const month = parts["monthName"]
    ? monthNames.indexOf(parts["monthName"].toLowerCase())
    : number("month", today.month) - 1;
  const [year, day] = [number("year", today.year), number("day", today.day)];
  const [hour, minute, second] = [number("hour", 0), number("minute", 0), number("second", 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;

  const [zoneHour, zoneMinute] = [number("zoneHour", 0), number("zoneMinute", 0)];
  if (zoneHour > 23 || zoneMinute > 59) return undefined;

  const local = new Date(Date.UTC(2000, month, day, hour, minute, second));
  local.setUTCFullYear(year, month, day); // Date.UTC takes the years up to 99 for those of the 20th century
  if (local.getUTCMonth() !== month || local.getUTCDate() !== day) return undefined;
  const hasZone = [parts["utc"], parts["zoneName"], parts["sign"]].some((part) => part !== undefined);
  if (!hasZone && timeZone !== "UTC") return withFourDigitYear(inTimeZone(local, timeZone));
  const named = zones.get((parts["zoneName"] ?? "").toLowerCase());
  const offsetMinutes = named ?? (zoneHour * 60 + zoneMinute) * (parts["sign"] === "-" ? -1 : 1);
  return withFourDigitYear(new Date(local.getTime() - offsetMinutes * 60_000));
}

const zonedTime = (at: Date, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);

/** Returns the time at which clocks in the time zone show what clocks show in UTC at `local`. */
const inTimeZone = (local: Date, timeZone: string): Date =>
  new Date(Temporal.PlainDateTime.from(local.toISOString().slice(0, -1)).toZonedDateTime(timeZone).epochMilliseconds);

/** Times in documentation examples: fixed, so that generated pages change only with the code. */
export const exampleTime = new Date("2026-03-01T09:00:00Z");
export const laterExampleTime = new Date("2026-03-02T10:30:00Z");
/** Expiry in documentation examples. */
export const exampleExpiry = new Date("2030-01-01T12:00:00Z");
