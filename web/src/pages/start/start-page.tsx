import { EmptyState, EmptyStateBody, EmptyStateFooter, Gallery, PageSection, Title } from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { binsQuery } from "../../api/bin-queries.ts";
import { deliveriesQuery } from "../../api/delivery-queries.ts";
import { defaultEndpointQuery } from "../../api/endpoint-queries.ts";
import { mayUseWebhooks } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { DeliveriesTable } from "../../components/deliveries-table.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SignUpButton } from "../../components/sign-up-button.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { OpenPlaces } from "./open-places.tsx";
import { StepCard } from "./step-card.tsx";
import { WatchButton } from "./watch-button.tsx";

const newest = 5;

export function StartPage() {
  const session = useSession();
  return (
    <>
      <PageHeader title={session.providerName}>
        When a developer signs up, or an account, user or application changes, your back office hears of it.
      </PageHeader>
      {mayUseWebhooks(session) ? (
        <>
          <FirstSteps />
          <NewestDeliveries />
        </>
      ) : (
        <PageSection isFilled>
          <EmptyState titleText="Webhooks are in the hands of the admins" icon={LockIcon} headingLevel="h2">
            <EmptyStateBody>
              Ask an admin of {session.providerName} if you need to see or change them. This is open to you:
            </EmptyStateBody>
            <EmptyStateFooter>
              <OpenPlaces />
            </EmptyStateFooter>
          </EmptyState>
        </PageSection>
      )}
    </>
  );
}

function FirstSteps() {
  const api = useApi();
  const { data: endpoint } = useQuery(defaultEndpointQuery(api));
  const { data: bins = [] } = useQuery(binsQuery(api));
  const bin = bins.find(({ url }) => url === endpoint?.url);
  return (
    <PageSection aria-label="First steps">
      <Gallery hasGutter minWidths={{ default: "100%", md: "16rem" }}>
        <StepCard number={1} title="Sign up" action={<SignUpButton />}>
          Be a developer for a minute: five fields, and an account, a user and an application are made.
        </StepCard>
        <StepCard number={2} title="Watch the webhooks" action={<WatchButton bin={bin} />}>
          Three requests arrive within a second, signed, each with the whole document.
        </StepCard>
        <StepCard
          number={3}
          title={bin ? "Now your own URL" : "Your own URL"}
          action={
            <LinkButton to="/webhooks/edit" hash="url" variant="secondary">
              Webhooks settings
            </LinkButton>
          }
        >
          Choose where they go and which events are sent, and try it with a test event.
        </StepCard>
      </Gallery>
    </PageSection>
  );
}

function NewestDeliveries() {
  const query = useInfiniteQuery(deliveriesQuery(useApi(), {}, newest));
  return (
    <PageSection isFilled aria-label="Newest deliveries">
      <Title headingLevel="h2" className="bellwire-page-title">
        Newest deliveries
      </Title>
      <Loaded query={query} skeleton={<TableSkeleton of="deliveries" />}>
        {({ pages }) => {
          const deliveries = pages[0]?.data ?? [];
          if (deliveries.length === 0)
            return <p className="bellwire-subtle">None yet. They appear here by themselves.</p>;
          return <DeliveriesTable deliveries={deliveries} />;
        }}
      </Loaded>
      <LinkButton to="/deliveries" variant="link" isInline>
        All deliveries
      </LinkButton>
    </PageSection>
  );
}
