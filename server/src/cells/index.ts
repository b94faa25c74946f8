export {
  type Cell,
  CellDirectory,
  cellsChannel,
  copyCells,
  countOtherTenants,
  defaultCell,
  deleteCell,
  deleteTenant,
  findTenant,
  insertCell,
  insertTenant,
  readCellLoads,
  readCells,
  readKnownCells,
  readSubdomains,
  readTenants,
  readSubdomainsBetween,
  reencryptCells,
  revealDatabaseUrl,
  type Tenant,
  TenantCache,
  updateCellState,
} from "./directory.ts";
export { OpenCells, openCell, parseServedCells } from "./open-cells.ts";
export { type CellPlace, connectToCell, deleteProvider, finishMove, moveProvider } from "./move/move-provider.ts";
export { decideInterruptedMoves, findMove, lockCells, lockMove, type Move, type MoveCells } from "./move/move-state.ts";
