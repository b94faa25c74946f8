/** A row as PostgreSQL writes it into JSON, where a moment is a text. For rows that come inside of another row. */
export type InJson<Row> = {
  readonly [Name in keyof Row]: Row[Name] extends Date
    ? string
    : Row[Name] extends Date | null
      ? string | null
      : Row[Name];
};
