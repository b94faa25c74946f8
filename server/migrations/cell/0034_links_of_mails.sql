-- The links of mails for a lost password, an activation or an invitation let whoever reads them in: they stay in the outbox until
-- the mail is sent, since without a mail server they are followed from there, and are removed then.
-- Old code while this runs: fine; what it sends keeps its link.  Locks: mails for a moment, to itself; then its rows.
-- Transaction: yes.

alter table mails add column secret_link text; -- as it stands in the text; null once it is removed

update mails set text = regexp_replace(text, 'https?://\S+/(activate|signup|lost-password)/\S+', '[link removed after sending]')
where sent_at is not null and text ~ 'https?://\S+/(activate|signup|lost-password)/';

update mails set secret_link = substring(text from 'https?://\S+/(?:activate|signup|lost-password)/\S+')
where sent_at is null;
