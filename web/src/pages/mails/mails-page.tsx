import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import EnvelopeIcon from "@patternfly/react-icons/dist/esm/icons/envelope-icon";
import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { mailsQuery } from "../../api/mail-queries.ts";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { MailList } from "./mail-list.tsx";

export function MailsPage() {
  const query = useInfiniteQuery(mailsQuery(useApi()));
  return (
    <>
      <PageHeader title="Mails">
        What your developers were written. Until a mail server is set up (BELLWIRE_SMTP_URL), mails stay here, and their
        links work all the same.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="mails" />}>
          {({ pages }) => {
            const mails = pages.flatMap((page) => page.data);
            if (mails.length > 0) return <MailList mails={mails} />;
            return (
              <EmptyState titleText="No mails yet" icon={EnvelopeIcon} headingLevel="h2">
                <EmptyStateBody>
                  Activations, invitations, new passwords and decisions about accounts are written to developers.
                </EmptyStateBody>
              </EmptyState>
            );
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}
