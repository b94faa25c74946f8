import type { Transaction } from "#platform/database/database.ts";

// Takes `count` numbers of each account. The row stays locked until the transaction ends: that is what makes the numbers
// gapless and their order the order of commits, and it makes changes of one account wait for each other, no others.
const statement = `
  insert into account_sequences (provider_id, account_id, last)
  select $1, wanted.account_id, wanted.count
  from unnest($2::bigint[], $3::bigint[]) as wanted (account_id, count)
  order by wanted.account_id
  on conflict (provider_id, account_id) do update set last = account_sequences.last + excluded.last
  returning account_id as "accountId", last`;

/** The next numbers of the accounts, in the order of `accountIds`, which may repeat. */
export async function nextSequences(
  tx: Transaction,
  providerId: number,
  accountIds: readonly number[],
): Promise<readonly number[]> {
  const counts = new Map<number, number>();
  for (const accountId of accountIds) counts.set(accountId, (counts.get(accountId) ?? 0) + 1);

  const rows = await tx.query<{ accountId: number; last: number }>(statement, [
    providerId,
    [...counts.keys()],
    [...counts.values()],
  ]);
  const next = new Map(rows.map(({ accountId, last }) => [accountId, last - (counts.get(accountId) ?? 0)]));
  return accountIds.map((accountId) => {
    const sequence = (next.get(accountId) ?? 0) + 1;
    next.set(accountId, sequence);
    return sequence;
  });
}
