interface Page<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

/** A list to its end, page by page: what is chosen from must not end before the one that is looked for. */
export async function everyPage<Row>(
  read: (query: { limit: number; after?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: Page<Row> = await read({ limit: 200, ...(after && { after }) });
    rows.push(...page.data);
    after = page.next;
  }
  return rows;
}
