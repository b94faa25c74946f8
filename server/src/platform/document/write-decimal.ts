const plainDecimal = /^(-?\d+)(?:\.(\d*?)0*)?$/;

/** A decimal's text with at least one fractional digit and no zeros after it: `12.5`, `0.0`. */
export function writeDecimal(decimal: string): string {
  const [, whole, fraction] = plainDecimal.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`not a plain decimal: ${decimal}`);
  return `${whole}.${fraction || "0"}`;
}
