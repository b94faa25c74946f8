const plainDecimal = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** A decimal's text with at least one fractional digit, and no zeros before or after it that say nothing: `12.5`, `0.0`. */
export function writeDecimal(decimal: string): string {
  const [, sign, whole, fraction] = plainDecimal.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`not a plain decimal: ${decimal}`);
  return `${sign}${whole}.${fraction || "0"}`;
}
