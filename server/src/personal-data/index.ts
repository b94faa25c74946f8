export {
  createErasure,
  erasedWithinHours,
  type Erasure,
  findAccountOf,
  listErasures,
  pendingChoices,
  readErasure,
  sendDaysMax,
  type VisitOtherCells,
  workOnErasure,
} from "./erasures.ts";
export { exportPerson } from "./export-person.ts";
