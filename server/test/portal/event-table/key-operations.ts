import { regenerateApplicationKey, removeApplicationKey } from "#portal/applications/index.ts";
import {
  everybody,
  before,
  appIdAndKeys,
  oauth,
  addKey,
  times,
  onFirstKey,
  addFilter,
  removeFilter,
} from "./application-steps.ts";
import type { OperationRow } from "./operation-row.ts";

const updated = "application.updated";
const keyCreated = "application.key_created";
const keyDeleted = "application.key_deleted";
const keyUpdated = "application.key_updated";

export const keyOperations: readonly OperationRow[] = [
  { row: "P12", operation: "add a key", via: everybody, given: appIdAndKeys, act: addKey(), events: [keyCreated] },
  {
    row: "P12",
    operation: "add a chosen key",
    via: everybody,
    given: appIdAndKeys,
    act: addKey("chosen-key"),
    events: [keyCreated],
  },
  {
    row: "P12",
    operation: "add a sixth key",
    via: everybody,
    given: before(appIdAndKeys, ...times(5, addKey())),
    act: addKey(),
    events: [],
  },
  {
    row: "P12",
    operation: "add a second secret",
    via: everybody,
    given: before(oauth, addKey()),
    act: addKey(),
    events: [],
  },
  {
    row: "P12",
    operation: "add a key that is there but for its case",
    via: everybody,
    given: before(appIdAndKeys, addKey("chosen-key")),
    act: addKey("Chosen-Key"),
    events: [],
  },
  {
    row: "P13",
    operation: "delete one of two keys",
    via: everybody,
    given: before(appIdAndKeys, ...times(2, addKey())),
    act: onFirstKey(removeApplicationKey),
    events: [keyDeleted],
  },
  {
    row: "P13",
    operation: "delete the last key",
    via: ["token", "key"],
    given: before(appIdAndKeys, addKey()),
    act: onFirstKey(removeApplicationKey),
    events: [keyDeleted],
  },
  {
    row: "P13",
    operation: "delete the last key where one is mandatory",
    via: ["developer", "admin"],
    given: before(appIdAndKeys, addKey()),
    act: onFirstKey(removeApplicationKey),
    events: [],
  },
  {
    row: "P14",
    operation: "regenerate the secret",
    via: everybody,
    given: before(oauth, addKey()),
    act: onFirstKey(regenerateApplicationKey),
    events: [keyDeleted, keyCreated, updated, keyUpdated],
  },
  { row: "P15", operation: "add a referrer filter", via: everybody, act: addFilter, events: [] },
  {
    row: "P15",
    operation: "remove a referrer filter",
    via: everybody,
    given: before(addFilter),
    act: removeFilter,
    events: [],
  },
];
