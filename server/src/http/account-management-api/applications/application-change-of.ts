import type { Call } from "../operation.ts";

/** Which application of which account a call is to change, and who wants it. */
export const applicationChangeOf = ({ provider, by, id }: Call, name = "id") => ({
  provider,
  accountId: id("account_id"),
  applicationId: id(name),
  by,
});
