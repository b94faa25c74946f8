import pg from "pg";

const { INT8, DATE } = pg.types.builtins;
const int8ArrayOid = 1016;

/** bigint arrives as number, and a date as its text, because midnight is not the same moment everywhere. */
const ours: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, wholeNumber],
  [int8ArrayOid, wholeNumbers],
  [DATE, (text) => text],
]);

/** How the text of a type's values is read. */
export const readerOf = (typeId: number): ((text: string) => unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any number will do: a type without a name is read as text
  ours.get(typeId) ?? pg.types.getTypeParser(typeId, "text");

/** Returns the name of a column as the property of a row: `created_at` is read as `createdAt`. */
export const propertyName = (column: string): string =>
  column.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Ids stay below 2^53 by design (4096 cells of 2^40); a number that does not fit is a mistake, not a rounded id. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} does not fit into a JavaScript number.`);
  return number;
}

function wholeNumbers(text: string): (number | null)[] {
  const elements = text.slice(1, -1);
  return elements === ""
    ? []
    : elements.split(",").map((element) => (element === "NULL" ? null : wholeNumber(element)));
}
