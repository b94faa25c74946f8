import { Type } from "typebox";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { narrowAccount, readWholeAccounts, searchAccounts } from "#portal/whole-accounts/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { pageQuery, readPage, standingOf } from "../requests/read-page.ts";
import { textOf } from "../requests/read-parameters.ts";
import { writeAccounts } from "./write-accounts.ts";
import { accountsAnswer } from "../answers/account-answers.ts";

export const listAccountsOperation: Operation = {
  title: "Account List",
  tag: "Accounts",
  says: "Returns the accounts, oldest first. When there are more than `per_page`, the answer says which page it is.",
  method: "GET",
  path: "/accounts",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "approved", "rejected"], description: "Those that are in this state." }),
    ),
    query: Type.Optional(
      Type.String({
        description: "A part of the organization's name, or of a user's name or e-mail address, in any case.",
      }),
    ),
    ...pageQuery,
  }),
  answers: accountsAnswer,

  async answer({ pool }, { provider, caller: { reach }, adminUrl, query }) {
    const filter = { state: textOf(query["state"]) || undefined, query: textOf(query["query"])?.trim() || undefined };
    const page = readPage(query);
    const range = { limit: page.perPage, offset: page.offset };
    const { accounts, total } = await searchAccounts(pool, provider.id, filter, range);
    const standing = standingOf(page, total);
    const settings = await readDocumentSettings(pool, provider);
    const ids = accounts.map(({ id }) => id);
    const complete = async () =>
      (await readWholeAccounts(pool, provider.id, ids)).map((whole) => narrowAccount(whole, reach));
    return writeAccounts({ accounts, complete, standing, settings, adminUrl });
  },
};
