export {
  addApplicationKey,
  keysToJson,
  regenerateApplicationKey,
  removeApplicationKey,
  representKeys,
  addReferrerFilter,
  referrerFiltersToJson,
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
} from "./application-plans.ts";
export { listApplications, listReferrerFilters, readApplication, readApplications } from "./application-table.ts";
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
  deleteApplication,
  regenerateUserKey,
  rejectApplication,
  updateApplication,
} from "./change-application.ts";
export { createApplication } from "./create-application.ts";
export { deleteProduct } from "./delete-product.ts";
export { type ApplicationFilter, findApplication, searchApplications } from "./find-applications.ts";
export { readSubscriptions, representSubscription, subscriptionToJson, unsubscribe } from "./subscriptions.ts";
