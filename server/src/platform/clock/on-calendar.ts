const firstMs = Date.parse("0001-01-01T00:00:00.000Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

/** The moment, if its year has four digits. JavaScript writes others with a sign, which PostgreSQL and many clients cannot read. */
export function onCalendar(moment: Date): Date | undefined {
  const ms = moment.getTime(); // not a number for no moment at all, which is in no span
  return ms >= firstMs && ms <= lastMs ? moment : undefined;
}
