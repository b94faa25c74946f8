export { workOnErasure } from "./erase.ts";
export {
  createErasure,
  type Erasure,
  erasedWithinHours,
  findAccountOf,
  listErasures,
  pendingChoices,
  readErasure,
  sendDaysMax,
} from "./erasures.ts";
export { exportPerson } from "./export-person.ts";
