export {
  createErasure,
  erasedWithinHours,
  type Erasure,
  findAccountOf,
  listErasures,
  pendingChoices,
  readErasure,
  sendDaysMax,
  workOnErasure,
} from "./erasures.ts";
export { exportPerson } from "./export-person.ts";
