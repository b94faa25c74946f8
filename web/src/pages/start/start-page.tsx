import {
  Button,
  Card,
  CardBody,
  CardFooter,
  CardTitle,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Grid,
  GridItem,
  PageSection,
} from "@patternfly/react-core";
import ExternalLinkAltIcon from "@patternfly/react-icons/dist/esm/icons/external-link-alt-icon";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { anyDeliveryQuery } from "../../api/deliveries.ts";
import { type Bin, binsQuery, defaultEndpointQuery } from "../../api/endpoints.ts";
import { mayOpen, mayUseWebhooks, useSession } from "../../api/session.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { Name } from "../../components/labels.tsx";
import { Dashboard } from "./dashboard.tsx";
import { otherPages, portalSections } from "../../layout/portal-pages.ts";

/** The dashboard, or the first steps while nothing was delivered yet. */
export function StartPage() {
  const session = useSession();
  return mayUseWebhooks(session) ? <WebhooksStart /> : <MemberStart />;
}

function WebhooksStart() {
  const query = useQuery(anyDeliveryQuery(useApi()));
  const { providerName } = useSession();
  if (query.data !== undefined) return query.data ? <Dashboard /> : <FirstSteps />;
  return (
    <>
      <PageHeader title={providerName} />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the start page" />}>
          {() => null}
        </Loaded>
      </PageSection>
    </>
  );
}

function MemberStart() {
  const { providerName } = useSession();
  return (
    <>
      <PageHeader title={providerName} />
      <PageSection isFilled>
        <EmptyState titleText="Webhooks are managed by admins" icon={LockIcon} headingLevel="h2">
          <EmptyStateBody>
            Ask an admin of <Name>{providerName}</Name> to see or change them. You can open these pages:
          </EmptyStateBody>
          <EmptyStateFooter>
            <PermittedPages />
          </EmptyStateFooter>
        </EmptyState>
      </PageSection>
    </>
  );
}

function FirstSteps() {
  const api = useApi();
  const { data: endpoint } = useQuery(defaultEndpointQuery(api));
  const { data: bins = [] } = useQuery(binsQuery(api));
  const bin = bins.find(({ url }) => url === endpoint?.url);
  return (
    <>
      <PageHeader title={useSession().providerName}>
        Your back office is notified when developers sign up, and when accounts, users or applications change. This page
        shows your deliveries as soon as there are any.
      </PageHeader>
      <PageSection isFilled aria-label="First steps">
        <Grid hasGutter>
          <GridItem md={4}>
            <StepCard number={1} title="Sign up" action={<SignUpButton />}>
              Sign up as a developer. This creates an account, a user and an application.
            </StepCard>
          </GridItem>
          <GridItem md={4}>
            <StepCard number={2} title="Watch the webhooks" action={<WatchButton bin={bin} />}>
              Three signed requests arrive within a second, each with the complete document.
            </StepCard>
          </GridItem>
          <GridItem md={4}>
            <StepCard
              number={3}
              title={bin ? "Now use your own URL" : "Use your own URL"}
              action={
                <LinkButton to="/webhooks/edit" hash="url" variant="secondary">
                  Webhook settings
                </LinkButton>
              }
            >
              Choose the URL and the events, and send a test event.
            </StepCard>
          </GridItem>
        </Grid>
      </PageSection>
    </>
  );
}

export interface StepCardProps {
  readonly number: number;
  readonly title: string;
  readonly action: ReactNode;
  readonly children: ReactNode;
}

export function StepCard({ number, title, action, children }: StepCardProps) {
  return (
    <Card isFullHeight>
      <CardTitle component="h2">
        {number} · {title}
      </CardTitle>
      <CardBody>{children}</CardBody>
      <CardFooter>{action}</CardFooter>
    </Card>
  );
}

/** Leads to the bin that receives the webhooks, or to the list of deliveries. */
export function WatchButton({ bin }: { bin: Bin | undefined }) {
  if (!bin) {
    return (
      <LinkButton to="/deliveries" variant="secondary">
        Deliveries
      </LinkButton>
    );
  }
  return (
    <Button
      component="a"
      variant="secondary"
      href={bin.view_url}
      target="_blank"
      rel="noreferrer"
      icon={<ExternalLinkAltIcon />}
      iconPosition="end"
    >
      Open the request bin
    </Button>
  );
}

const pages = [...portalSections.flatMap((section) => section.pages), ...otherPages];

/** Links to the pages that a member may open. */
export function PermittedPages() {
  const session = useSession();
  return (
    <EmptyStateActions>
      {pages
        .filter(({ to }) => mayOpen(session, to))
        .map(({ to, title }) => (
          <LinkButton key={to} to={to} variant="link">
            {title}
          </LinkButton>
        ))}
    </EmptyStateActions>
  );
}
