export { requestBinDoor } from "./request-bin-door.ts";
export type { RequestBinNeeds } from "./request-bin-needs.ts";
