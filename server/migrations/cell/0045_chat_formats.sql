-- Locks: endpoints, for a moment: the formats of all rows are read once.
-- Old code: works unchanged until an endpoint has one of the new formats, whose messages only new processes render.
--
-- Messages about alerts in chat programs: formats of endpoints.

alter table endpoints
  drop constraint endpoints_format_check,
  add constraint endpoints_format_check check (format in
    ('3scale', 'json', 'cloudevents', 'cloudevents-binary', 'chat', 'chat-discord', 'chat-teams'));
