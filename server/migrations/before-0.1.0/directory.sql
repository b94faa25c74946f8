-- Leads from the last build before 0.1.0 to the migrations of 0.1.0, as cell.sql does for cells. The tables are the same.
--
-- Ledger: 45c574839d82a5856e00865d574e4eceac85a40e431d8808b27c1ad3392d6b99
-- Replaces: 0001_cells_and_tenants.sql.
-- Breaking: the older build does not know the names of the migrations.
-- Locks: none.
-- Old code: must be stopped before.

delete from migrations;
