import type { Deed } from "#access/index.ts";
import { changeAccountState, type AccountTransition } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountAnswer } from "../answers/account-answers.ts";

interface Step {
  readonly transition: AccountTransition;
  readonly title: string;
  readonly says: string;
  readonly deed: Deed;
}

const operationOf = ({ transition, ...described }: Step): Operation => ({
  ...described,
  tag: "Accounts",
  method: "PUT",
  path: `/accounts/{id}/${transition}`,
  formats: xmlAndJson,
  also: [422],
  answers: accountAnswer,

  async answer({ pool }, call) {
    const { provider, by } = call;
    const outcome = await changeAccountState(pool, { provider, accountId: call.id("id"), transition, by });
    return answerAccount(call, doneOrRefuse(outcome));
  },
});

export const approveAccountOperation = operationOf({
  transition: "approve",
  title: "Account Approve",
  says: "Approves an account that was created, is pending, or was rejected.",
  deed: "administer-portal",
});

export const rejectAccountOperation = operationOf({
  transition: "reject",
  title: "Account Reject",
  says: "Rejects an account that was created, is pending, or was approved.",
  deed: "administer-portal",
});

export const makeAccountPendingOperation = operationOf({
  transition: "make_pending",
  title: "Account Reset to Pending",
  says: "Lets an account that was created, approved or rejected wait for a decision.",
  deed: "change-portal",
});
