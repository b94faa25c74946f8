export { applicationEvent, ofKey } from "./application-events.ts";
export { applicationToJson } from "./application-to-json.ts";
export type { Application } from "./application.ts";
export { deleteApplicationRows } from "./applications-table.ts";
export { changeApplicationPlan } from "./change-application-plan.ts";
export { changeApplicationState, type ApplicationTransition } from "./change-application-state.ts";
export type { ApplicationChange } from "./change-application.ts";
export { createApplication } from "./create-application.ts";
export { customizeApplicationPlan, decustomizeApplicationPlan } from "./customize-application-plan.ts";
export { deleteApplication, rejectApplication } from "./delete-application.ts";
export { deleteProduct } from "./delete-product.ts";
export { findApplication } from "./find-application.ts";
export { addApplicationKey } from "./keys/add-key.ts";
export { regenerateApplicationKey } from "./keys/regenerate-key.ts";
export { removeApplicationKey } from "./keys/remove-key.ts";
export { keysToJson, representKeys } from "./keys/represent-keys.ts";
export { insertApplication, newApplication } from "./new-application.ts";
export {
  deletePlanRequest,
  listPlanRequests,
  readPlanRequest,
  type PlanRequest,
} from "./plan-requests/plan-requests-table.ts";
export { requestPlan } from "./plan-requests/request-plan.ts";
export { listApplications, readApplication } from "./read-applications.ts";
export { addReferrerFilter, removeReferrerFilter } from "./referrer-filters/change-referrer-filters.ts";
export { listReferrerFilters } from "./referrer-filters/referrer-filters-table.ts";
export { referrerFiltersToJson, representReferrerFilters } from "./referrer-filters/represent-referrer-filters.ts";
export { regenerateUserKey } from "./regenerate-user-key.ts";
export { representApplication, representDeletedApplication } from "./represent-application.ts";
export { searchApplications, type ApplicationFilter } from "./search-applications.ts";
export { readSubscriptions } from "./subscriptions/read-subscriptions.ts";
export { representSubscription, subscriptionToJson } from "./subscriptions/represent-subscription.ts";
export { unsubscribe } from "./subscriptions/unsubscribe.ts";
export { updateApplication } from "./update-application.ts";
