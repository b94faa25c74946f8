import type { Deed } from "#access/index.ts";
import { requirePermission } from "#http/shared/admin-caller.ts";
import type { Pool } from "#platform/database/database.ts";
import { type AccountChange, changeAccountPlan, changeAccountState, deleteAccount } from "#portal/accounts/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import type { Outcome } from "./assert-done.ts";
import * as operations from "./bulk-operations.ts";
import { byOf } from "./by-of.ts";
import { doEach, planNamed } from "./do-each.ts";

/** As with a single account. */
const deedOf = {
  approve: "administer-portal",
  make_pending: "change-portal",
  reject: "administer-portal",
  suspend: "administer-portal",
  resume: "administer-portal",
  change_plan: "change-portal",
  delete: "administer-portal",
} as const satisfies Record<operations.AccountsToChange["operation"], Deed>;

export const bulkAccountsRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.bulkAccounts, config: { deed: "change-portal" } } as const;
  http.post("/accounts/bulk", options, async (request) => {
    const { provider, body, log } = request;
    requirePermission(needs.callerOf(request), deedOf[body.operation], provider);
    const change = changeOf(needs.pool, body);
    return {
      data: await doEach(body.ids, log, (accountId) => change({ provider, accountId, by: byOf(needs, request) })),
    };
  });
};

function changeOf(
  pool: Pool,
  { operation, plan_id }: operations.AccountsToChange,
): (change: AccountChange) => Promise<Outcome | undefined> {
  if (operation === "delete") return (change) => deleteAccount(pool, change);
  if (operation !== "change_plan") return (change) => changeAccountState(pool, { ...change, transition: operation });
  const planId = planNamed(plan_id);
  return (change) => changeAccountPlan(pool, { ...change, planId });
}
