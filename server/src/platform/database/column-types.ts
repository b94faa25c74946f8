import pg from "pg";

const int8ArrayOid = 1016;

/** bigint arrives as number, and a date as its text, because midnight is not the same moment everywhere. */
export function columnTypes(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, wholeNumber);
  types.setTypeParser(int8ArrayOid, wholeNumbers);
  types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);
  return types;
}

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
