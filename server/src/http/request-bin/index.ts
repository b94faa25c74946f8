export { requestBinDoor } from "./request-bin-door.ts";
