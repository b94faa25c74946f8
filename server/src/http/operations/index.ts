export { operationsDoor } from "./operations-door.ts";
