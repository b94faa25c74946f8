import { regenerateApplicationKey, removeApplicationKey } from "#portal/applications/index.ts";
import {
  allInterfaces,
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
  {
    row: "P12",
    operation: "add a key",
    via: allInterfaces,
    prepare: appIdAndKeys,
    act: addKey(),
    events: [keyCreated],
  },
  {
    row: "P12",
    operation: "add a chosen key",
    via: allInterfaces,
    prepare: appIdAndKeys,
    act: addKey("chosen-key"),
    events: [keyCreated],
  },
  {
    row: "P12",
    operation: "add a sixth key",
    via: allInterfaces,
    prepare: before(appIdAndKeys, ...times(5, addKey())),
    act: addKey(),
    events: [],
  },
  {
    row: "P12",
    operation: "add a second secret",
    via: allInterfaces,
    prepare: before(oauth, addKey()),
    act: addKey(),
    events: [],
  },
  {
    row: "P12",
    operation: "add a key that differs from another only in case",
    via: allInterfaces,
    prepare: before(appIdAndKeys, addKey("chosen-key")),
    act: addKey("Chosen-Key"),
    events: [],
  },
  {
    row: "P13",
    operation: "delete one of two keys",
    via: allInterfaces,
    prepare: before(appIdAndKeys, ...times(2, addKey())),
    act: onFirstKey(removeApplicationKey),
    events: [keyDeleted],
  },
  {
    row: "P13",
    operation: "delete the last key",
    via: ["token", "key"],
    prepare: before(appIdAndKeys, addKey()),
    act: onFirstKey(removeApplicationKey),
    events: [keyDeleted],
  },
  {
    row: "P13",
    operation: "delete the last mandatory key",
    via: ["developer", "admin"],
    prepare: before(appIdAndKeys, addKey()),
    act: onFirstKey(removeApplicationKey),
    events: [],
  },
  {
    row: "P14",
    operation: "regenerate the secret",
    via: allInterfaces,
    prepare: before(oauth, addKey()),
    act: onFirstKey(regenerateApplicationKey),
    events: [keyDeleted, keyCreated, updated, keyUpdated],
  },
  { row: "P15", operation: "add a referrer filter", via: allInterfaces, act: addFilter, events: [] },
  {
    row: "P15",
    operation: "remove a referrer filter",
    via: allInterfaces,
    prepare: before(addFilter),
    act: removeFilter,
    events: [],
  },
];
