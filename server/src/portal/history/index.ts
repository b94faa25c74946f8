export {
  type NameOfActor,
  readActorNames,
  type FieldChange,
  type HistoryEntry,
  type HistoryEntryDetails,
  hasHistory,
  type LabelledVersion,
  listHistory,
  readHistoryEntry,
  readObjectAt,
} from "./entries.ts";
export type { HistorySubject, ObjectKind } from "./diff.ts";
