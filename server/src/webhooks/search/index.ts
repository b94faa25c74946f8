export { countMatches, hasClearlyMore } from "./counts.ts";
export { failureCriteria, failureFieldNames, type Search, prepareSearch } from "./sources.ts";
export {
  type DeliveryFilterFields,
  type FilterErrors,
  type ListName,
  Moment,
  deliveryFilterFields,
  deliveryStates,
  isWrong,
  parseDeliveryFilter,
  parseMoment,
  parseWords,
  several,
  withAbsoluteTimes,
} from "./filter.ts";
export {
  type FoundAttempt,
  type FoundDelivery,
  type FoundEvent,
  type SearchCursor,
  type SearchNeeds,
  findPage,
  parseSearchCursor,
  walk,
  writeSearchCursor,
} from "./search.ts";
