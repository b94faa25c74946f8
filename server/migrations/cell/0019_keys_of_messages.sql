-- Locks: messages, for a moment, without reading its rows.
-- Old code: works unchanged, and its messages have no key.
--
-- A message to many accounts is sent in several requests, and one whose response was lost is repeated. An account has at most one message
-- with a key. It is locked while a message is sent to it, and has few, so no index is needed.

alter table messages add column key text;
