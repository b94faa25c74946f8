export { allFailures, countAllFailures } from "./all-failures.ts";
export { deleteFailures } from "./delete-failures.ts";
export { limitBacklogs, type BacklogQuota } from "./limit-backlogs.ts";
export {
  countFailures,
  countStrandedFailures,
  listFailures,
  type Failure,
  type FailureFilter,
  type FailurePage,
} from "./list-failures.ts";
export { reencryptFailures } from "./reencrypt-failures.ts";
export { retryFailures } from "./retry-failures.ts";
