-- How often the database had been switched when the engine entered. After a failover that lost commits, an engine remembers
-- lanes it has released and deliveries it has settled that are back: it must start anew.
-- Locks `engines` exclusively for an instant: a constant default does not rewrite the table.
alter table engines add column switches bigint not null default 0;
