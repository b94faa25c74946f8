export { operationsDoor, type OperationsNeeds } from "./operations-door.ts";
