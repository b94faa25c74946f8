import type { OperationRow, OutOfScope } from "./operation-row.ts";

export const applicationOperations: readonly (OperationRow | OutOfScope)[] = [];
