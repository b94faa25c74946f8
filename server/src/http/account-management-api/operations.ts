import { listAccountsOperation } from "./accounts/list-accounts-operation.ts";
import { listApplicationsOperation } from "./accounts/list-applications-operation.ts";
import { listUsersOperation } from "./accounts/list-users-operation.ts";
import { readAccountOperation } from "./accounts/read-account-operation.ts";
import { readApplicationOperation } from "./accounts/read-application-operation.ts";
import { readUserOperation } from "./accounts/read-user-operation.ts";
import { signUpOperation } from "./accounts/sign-up-operation.ts";
import { updateAccountOperation } from "./accounts/update-account-operation.ts";
import { deleteFailuresOperation } from "./webhooks/delete-failures-operation.ts";
import { listFailuresOperation } from "./webhooks/list-failures-operation.ts";
import { updateWebhookOperation } from "./webhooks/update-webhook-operation.ts";
import type { Operation } from "./operation.ts";

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
