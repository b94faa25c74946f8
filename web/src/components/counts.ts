const integerFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Returns "12,431": every number of rows, requests and bytes on the pages is written like this. */
export const formatCount = (count: number): string => integerFormat.format(count);

/** Returns "12,431 failures" or "1 failure". */
export const countOf = (count: number, [one, many]: readonly [one: string, many: string]): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
