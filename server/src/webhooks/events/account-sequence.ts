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

/** Where an account's numbers have come to, which stays so until the transaction goes on from there or ends. */
export interface LockedSequence {
  readonly accountId: number;
  readonly last: number;
}

// Its row alone, by the primary key. Nobody waits for it who does not wait for whoever takes numbers.
const lockStatement = `select last from account_sequences where provider_id = $1 and account_id = $2 for no key update`;

/** Undefined for an account that has no event yet. */
export async function lockSequence(
  tx: Transaction,
  providerId: number,
  accountId: number,
): Promise<LockedSequence | undefined> {
  const [row] = await tx.query<{ last: number }>(lockStatement, [providerId, accountId]);
  return row && { accountId, last: row.last };
}

// Refused by the column, and with it the transaction, if numbers were taken since the row was locked: null is no number.
const continueStatement = `
  update account_sequences
  set last = case when last = $3 then last + $4 end
  where provider_id = $1 and account_id = $2`;

/** The next `count` numbers after those of a locked row. It can be gone on from once. */
export function continueSequence(
  tx: Transaction,
  providerId: number,
  { accountId, last }: LockedSequence,
  count: number,
): readonly number[] {
  tx.send(continueStatement, [providerId, accountId, last, count]);
  return Array.from({ length: count }, (_, index) => last + 1 + index);
}
