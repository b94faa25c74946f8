export {
  type Cell,
  cellsChannel,
  countOtherTenants,
  defaultCell,
  deleteCell,
  deleteTenant,
  findTenant,
  insertCell,
  insertTenant,
  readCellLoads,
  readCells,
  readSubdomains,
  readTenants,
  readSubdomainsBetween,
  reencryptCells,
  revealDatabaseUrl,
  type Tenant,
  updateCellState,
} from "./directory.ts";
export { CellDirectory, copyCells, readKnownCells, TenantCache } from "./directory.ts";
export { OpenCells, openCell, parseServedCells } from "./open-cells.ts";
export { type CellPlace, connectToCell, deleteProvider, finishMove, moveProvider } from "./move/move-provider.ts";
export { decideInterruptedMoves, findMove, lockCells, lockMove, type Move, type MoveCells } from "./move/move-state.ts";
