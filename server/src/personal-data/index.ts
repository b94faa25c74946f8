export {
  createErasure,
  erasedWithinHours,
  type Erasure,
  findAccountOf,
  listErasures,
  type OtherCell,
  pendingChoices,
  readErasure,
  sendDaysMax,
  workOnErasure,
} from "./erasures.ts";
export { exportPerson } from "./export-person.ts";
