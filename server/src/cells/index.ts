export {
  type Cell,
  type CellLoad,
  type CellState,
  cellsChannel,
  defaultCell,
  deleteCell,
  deleteTenant,
  findTenant,
  insertCell,
  insertTenant,
  readCellLoads,
  readCells,
  readSubdomains,
  reencryptCells,
  revealDatabaseUrl,
  type Tenant,
  updateCellState,
} from "./directory.ts";
export { type OpenCell, OpenCells, openCell, parseServedCells } from "./open-cells.ts";
export { TenantCache } from "./tenant-cache.ts";
