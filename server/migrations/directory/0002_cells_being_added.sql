-- Locks: cells, for a moment. It has a row for each cell.
-- Old code: works unchanged, and adds cells as draining ones until they can be used.
--
-- A cell that `cell add` has not completed, because it was interrupted, looked like one that is drained: `cell drain --undo` made it
-- active without its tables, and commands on every cell stopped at it.

alter table cells
  drop constraint cells_state_check,
  add constraint cells_state_check check (state in ('adding', 'active', 'draining')); -- adding: not complete
