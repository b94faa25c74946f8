const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const wait = /^(\d+)\s*([smhd]?)$/;

const isUnit = (text: string): text is keyof typeof units => Object.hasOwn(units, text);

/** What is tried once and not again. */
const never = "none";

/** Nothing is said: a new endpoint takes the waits of its format. */
export const isLeftToFormat = (text: string): boolean => text.trim() === "";

/** "5s, 5m, 2h" in seconds, "none" as no waits; undefined for what cannot be read. A bare number is in seconds. */
export function readWaits(text: string): number[] | undefined {
  if (text.trim().toLowerCase() === never) return [];
  if (isLeftToFormat(text)) return undefined;
  const seconds = text
    .split(/[,;\n]/)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "")
    .map((part) => {
      const [, number = "", unit = ""] = wait.exec(part) ?? [];
      return number === "" ? NaN : Number(number) * units[isUnit(unit) ? unit : "s"];
    });
  return seconds.some(Number.isNaN) ? undefined : seconds;
}

/** The largest unit that says it in a whole number: 7200 is "2h". */
function writeWait(seconds: number): string {
  const unit = (["d", "h", "m"] as const).find((it) => seconds > 0 && seconds % units[it] === 0) ?? "s";
  return `${seconds / units[unit]}${unit}`;
}

export const writeWaits = (seconds: readonly number[]): string =>
  seconds.length === 0 ? never : seconds.map(writeWait).join(", ");

/** "6 attempts within 5m", without the time that the attempts themselves take. */
export function describeWaits(seconds: readonly number[]): string {
  if (seconds.length === 0) return "No retry: one attempt, and what is not answered as it should be has failed";
  const total = seconds.reduce((sum, each) => sum + each, 0);
  const [unit, size] =
    total >= 2 * units.d ? ["days", units.d] : total >= 2 * units.h ? ["hours", units.h] : ["minutes", units.m];
  return `${seconds.length + 1} attempts within ${Math.round((total / size) * 10) / 10} ${unit}`;
}
