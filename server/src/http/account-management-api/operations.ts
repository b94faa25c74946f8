import { createAccessTokenOperation } from "./access-tokens/create-access-token-operation.ts";
import { createPersonalAccessTokenOperation } from "./access-tokens/create-personal-access-token-operation.ts";
import { deletePersonalAccessTokenOperation } from "./access-tokens/delete-personal-access-token-operation.ts";
import { listPersonalAccessTokensOperation } from "./access-tokens/list-personal-access-tokens-operation.ts";
import { readPersonalAccessTokenOperation } from "./access-tokens/read-personal-access-token-operation.ts";
import { createAccountPlanOperation } from "./account-plans/create-account-plan-operation.ts";
import { deleteAccountPlanOperation } from "./account-plans/delete-account-plan-operation.ts";
import { listAccountPlansOperation } from "./account-plans/list-account-plans-operation.ts";
import { makeAccountPlanDefaultOperation } from "./account-plans/make-account-plan-default-operation.ts";
import { readAccountPlanOperation } from "./account-plans/read-account-plan-operation.ts";
import { updateAccountPlanOperation } from "./account-plans/update-account-plan-operation.ts";
import { changeAccountPlanOperation } from "./accounts/change-account-plan-operation.ts";
import {
  approveAccountOperation,
  makeAccountPendingOperation,
  rejectAccountOperation,
} from "./accounts/change-account-state-operations.ts";
import { changeCreditCardOperation } from "./accounts/change-credit-card-operation.ts";
import { deleteAccountOperation } from "./accounts/delete-account-operation.ts";
import { deleteCreditCardOperation } from "./accounts/delete-credit-card-operation.ts";
import { findAccountOperation } from "./accounts/find-account-operation.ts";
import { listAccountsOperation } from "./accounts/list-accounts-operation.ts";
import { readAccountOperation } from "./accounts/read-account-operation.ts";
import { readAccountPlanOfAccountOperation } from "./accounts/read-account-plan-of-account-operation.ts";
import { updateAccountOperation } from "./accounts/update-account-operation.ts";
import { createApplicationKeyOperation } from "./application-keys/create-application-key-operation.ts";
import { deleteApplicationKeyOperation } from "./application-keys/delete-application-key-operation.ts";
import { listApplicationKeysOperation } from "./application-keys/list-application-keys-operation.ts";
import { createApplicationPlanOperation } from "./application-plans/create-application-plan-operation.ts";
import { deleteApplicationPlanOperation } from "./application-plans/delete-application-plan-operation.ts";
import { listAllApplicationPlansOperation } from "./application-plans/list-all-application-plans-operation.ts";
import { listApplicationPlansOperation } from "./application-plans/list-application-plans-operation.ts";
import { makeApplicationPlanDefaultOperation } from "./application-plans/make-application-plan-default-operation.ts";
import { readApplicationPlanOperation } from "./application-plans/read-application-plan-operation.ts";
import { updateApplicationPlanOperation } from "./application-plans/update-application-plan-operation.ts";
import { changeApplicationPlanOperation } from "./applications/change-application-plan-operation.ts";
import {
  acceptApplicationOperation,
  resumeApplicationOperation,
  suspendApplicationOperation,
} from "./applications/change-application-state-operations.ts";
import { createApplicationOperation } from "./applications/create-application-operation.ts";
import { customizePlanOperation, decustomizePlanOperation } from "./applications/customize-plan-operations.ts";
import { deleteApplicationOperation } from "./applications/delete-application-operation.ts";
import {
  findApplicationOfAccountOperation,
  findApplicationOperation,
} from "./applications/find-application-operations.ts";
import { listAllApplicationsOperation } from "./applications/list-all-applications-operation.ts";
import { listApplicationsOperation } from "./applications/list-applications-operation.ts";
import { readApplicationOperation } from "./applications/read-application-operation.ts";
import { updateApplicationOperation } from "./applications/update-application-operation.ts";
import { createFieldsDefinitionOperation } from "./fields-definitions/create-fields-definition-operation.ts";
import { deleteFieldsDefinitionOperation } from "./fields-definitions/delete-fields-definition-operation.ts";
import { listFieldsDefinitionsOperation } from "./fields-definitions/list-fields-definitions-operation.ts";
import { readFieldsDefinitionOperation } from "./fields-definitions/read-fields-definition-operation.ts";
import { updateFieldsDefinitionOperation } from "./fields-definitions/update-fields-definition-operation.ts";
import {
  activateProviderUserOperation,
  makeProviderUserAdminOperation,
  makeProviderUserMemberOperation,
  suspendProviderUserOperation,
  unsuspendProviderUserOperation,
} from "./provider-users/change-provider-user-operations.ts";
import { createProviderUserOperation } from "./provider-users/create-provider-user-operation.ts";
import { deleteProviderUserOperation } from "./provider-users/delete-provider-user-operation.ts";
import { listProviderUsersOperation } from "./provider-users/list-provider-users-operation.ts";
import { readPermissionsOperation } from "./provider-users/read-permissions-operation.ts";
import { readProviderUserOperation } from "./provider-users/read-provider-user-operation.ts";
import { updatePermissionsOperation } from "./provider-users/update-permissions-operation.ts";
import { updateProviderUserOperation } from "./provider-users/update-provider-user-operation.ts";
import { readProviderOperation } from "./provider/read-provider-operation.ts";
import { updateProviderOperation } from "./provider/update-provider-operation.ts";
import { createReferrerFilterOperation } from "./referrer-filters/create-referrer-filter-operation.ts";
import { deleteReferrerFilterOperation } from "./referrer-filters/delete-referrer-filter-operation.ts";
import { listReferrerFiltersOperation } from "./referrer-filters/list-referrer-filters-operation.ts";
import { deleteServiceContractOperation } from "./service-contracts/delete-service-contract-operation.ts";
import { listServiceContractsOperation } from "./service-contracts/list-service-contracts-operation.ts";
import { createServiceOperation } from "./services/create-service-operation.ts";
import { deleteServiceOperation } from "./services/delete-service-operation.ts";
import { listServicesOperation } from "./services/list-services-operation.ts";
import { readServiceOperation } from "./services/read-service-operation.ts";
import { updateServiceOperation } from "./services/update-service-operation.ts";
import { readSettingsOperation } from "./settings/read-settings-operation.ts";
import { updateSettingsOperation } from "./settings/update-settings-operation.ts";
import { signUpOperation } from "./signup/sign-up-operation.ts";
import { activateUserOperation } from "./users/activate-user-operation.ts";
import { makeUserAdminOperation, makeUserMemberOperation } from "./users/change-user-role-operations.ts";
import { createUserOperation } from "./users/create-user-operation.ts";
import { deleteUserOperation } from "./users/delete-user-operation.ts";
import { listUsersOperation } from "./users/list-users-operation.ts";
import { readUserOperation } from "./users/read-user-operation.ts";
import { suspendUserOperation } from "./users/suspend-user-operation.ts";
import { unsuspendUserOperation } from "./users/unsuspend-user-operation.ts";
import { updateUserOperation } from "./users/update-user-operation.ts";
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
  findAccountOperation,
  readAccountOperation,
  updateAccountOperation,
  deleteAccountOperation,
  readAccountPlanOfAccountOperation,
  changeAccountPlanOperation,
  approveAccountOperation,
  makeAccountPendingOperation,
  rejectAccountOperation,
  changeCreditCardOperation,
  deleteCreditCardOperation,
  listServiceContractsOperation,
  deleteServiceContractOperation,
  listUsersOperation,
  createUserOperation,
  readUserOperation,
  updateUserOperation,
  deleteUserOperation,
  activateUserOperation,
  makeUserAdminOperation,
  makeUserMemberOperation,
  suspendUserOperation,
  unsuspendUserOperation,
  listApplicationsOperation,
  createApplicationOperation,
  findApplicationOfAccountOperation,
  readApplicationOperation,
  updateApplicationOperation,
  deleteApplicationOperation,
  acceptApplicationOperation,
  changeApplicationPlanOperation,
  customizePlanOperation,
  decustomizePlanOperation,
  resumeApplicationOperation,
  suspendApplicationOperation,
  listApplicationKeysOperation,
  createApplicationKeyOperation,
  deleteApplicationKeyOperation,
  listReferrerFiltersOperation,
  createReferrerFilterOperation,
  deleteReferrerFilterOperation,
  listAllApplicationsOperation,
  findApplicationOperation,
  listAccountPlansOperation,
  createAccountPlanOperation,
  readAccountPlanOperation,
  updateAccountPlanOperation,
  deleteAccountPlanOperation,
  makeAccountPlanDefaultOperation,
  listAllApplicationPlansOperation,
  listApplicationPlansOperation,
  createApplicationPlanOperation,
  readApplicationPlanOperation,
  updateApplicationPlanOperation,
  deleteApplicationPlanOperation,
  makeApplicationPlanDefaultOperation,
  listServicesOperation,
  createServiceOperation,
  readServiceOperation,
  updateServiceOperation,
  deleteServiceOperation,
  createAccessTokenOperation,
  listPersonalAccessTokensOperation,
  createPersonalAccessTokenOperation,
  readPersonalAccessTokenOperation,
  deletePersonalAccessTokenOperation,
  listFieldsDefinitionsOperation,
  createFieldsDefinitionOperation,
  readFieldsDefinitionOperation,
  updateFieldsDefinitionOperation,
  deleteFieldsDefinitionOperation,
  readSettingsOperation,
  updateSettingsOperation,
  listProviderUsersOperation,
  createProviderUserOperation,
  readProviderUserOperation,
  updateProviderUserOperation,
  deleteProviderUserOperation,
  activateProviderUserOperation,
  makeProviderUserAdminOperation,
  makeProviderUserMemberOperation,
  readPermissionsOperation,
  updatePermissionsOperation,
  suspendProviderUserOperation,
  unsuspendProviderUserOperation,
  readProviderOperation,
  updateProviderOperation,
];
