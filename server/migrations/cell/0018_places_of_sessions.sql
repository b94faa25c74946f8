-- Locks: sessions, for a moment: columns without a default change no row.
-- Old code: works unchanged. Its sessions have no browser and address until code of this version serves them.
--
-- Users see where they are signed in, and end the session of a lost device. The browser and the system are names, such as Firefox and
-- Windows, and not the User-Agent, which says much more.
alter table sessions
  add column last_used_at timestamptz,     -- by the minute: see lastUseSeconds
  add column browser text,
  add column operating_system text,
  add column address text;                 -- IPv4 or IPv6, of the last use
