import { deleteFailuresOperation } from "./delete-failures-operation.ts";
import { listAccountsOperation } from "./list-accounts-operation.ts";
import { listApplicationsOperation } from "./list-applications-operation.ts";
import { listFailuresOperation } from "./list-failures-operation.ts";
import { listUsersOperation } from "./list-users-operation.ts";
import type { Operation } from "./operation.ts";
import { readAccountOperation } from "./read-account-operation.ts";
import { readApplicationOperation } from "./read-application-operation.ts";
import { readUserOperation } from "./read-user-operation.ts";
import { signUpOperation } from "./sign-up-operation.ts";
import { updateAccountOperation } from "./update-account-operation.ts";
import { updateWebhookOperation } from "./update-webhook-operation.ts";

/** All that the API does, in the order of its documentation. */
export const operations: readonly Operation[] = [
  updateWebhookOperation,
  listFailuresOperation,
  deleteFailuresOperation,
  signUpOperation,
  listAccountsOperation,
  readAccountOperation,
  updateAccountOperation,
  listUsersOperation,
  readUserOperation,
  listApplicationsOperation,
  readApplicationOperation,
];
