export {
  addApplicationKey,
  keysToJson,
  regenerateApplicationKey,
  removeApplicationKey,
  representKeys,
  addReferrerFilter,
  referrerFiltersToJson,
  referrerFiltersMax,
  removeReferrerFilter,
  representReferrerFilters,
} from "./application-keys.ts";
export {
  changeApplicationPlan,
  customizeApplicationPlan,
  declineApplicationPlanRequest,
  decustomizeApplicationPlan,
  requestApplicationPlan,
  withdrawApplicationPlanRequest,
  declineSubscriptionPlanRequest,
  requestSubscriptionPlan,
  withdrawSubscriptionPlanRequest,
  listPendingSubscriptions,
  type PendingSubscription,
  type ProductAccess,
  readProductAccess,
  requestSubscription,
} from "./application-plans.ts";
export {
  type ApplicationFilter,
  findApplication,
  listApplications,
  listReferrerFilters,
  readApplication,
  readApplications,
  searchApplications,
} from "./application-table.ts";
export {
  type Application,
  applicationFields,
  applicationToJson,
  keysMax,
  representApplication,
  representDeletedApplication,
  titleOf,
} from "./application.ts";
export {
  type ApplicationChange,
  type ApplicationTransition,
  changeApplicationState,
  createApplication,
  deleteApplication,
  regenerateUserKey,
  rejectApplication,
  updateApplication,
} from "./change-application.ts";
export { deleteProduct } from "./delete-product.ts";
export {
  approveSubscription,
  changeSubscriptionPlan,
  contractToJson,
  readSubscriptions,
  representContract,
  servicePlanFor,
  subscribe,
  type SubscriptionOnPlan,
  subscriptionToJson,
  unsubscribe,
} from "./subscriptions.ts";
