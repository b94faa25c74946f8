import type { Call } from "../operation.ts";

/** Which user of which account a call is to change, and who wants it. */
export const userChangeOf = ({ provider, by, id }: Call) => ({
  provider,
  accountId: id("account_id"),
  userId: id("id"),
  by,
});
