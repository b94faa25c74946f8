import { Content, DescriptionList, Label, Stack, StackItem, Tab, TabTitleText, Tabs } from "@patternfly/react-core";
import { useState } from "react";
import { formatCount } from "../../components/counts.ts";
import type { Attempt, DeliveryDetails } from "../../api/deliveries.ts";
import { Fact, HeaderFacts } from "../../components/facts.tsx";
import { Payload } from "../../components/payload.tsx";
import { When, useNow } from "../../components/time.tsx";
import { AttemptRequest } from "./attempt-request.tsx";
import { Waterfall } from "./waterfall.tsx";

export interface AttemptProps {
  readonly attempt: Attempt;
  readonly delivery: DeliveryDetails;
  /** The secrets of its requests are erased. */
  readonly isEndpointDeleted: boolean;
}

/** Everything about one attempt: its phases and connection, its request and its response. */
export function AttemptDetails({ attempt, delivery, isEndpointDeleted }: AttemptProps) {
  // A failed attempt is opened for its response, a successful one for its request.
  const [tab, setTab] = useState<string | number>(
    attempt.error !== null && attempt.status !== null ? "response" : "request",
  );
  return (
    <Stack hasGutter>
      {attempt.phases ? (
        <StackItem className="bellwire-attempt-timing">
          <Waterfall attempt={attempt} phases={attempt.phases} />
          <ConnectionFacts attempt={attempt} />
        </StackItem>
      ) : (
        <StackItem>
          <Content component="p">This attempt was made before phases were recorded.</Content>
        </StackItem>
      )}
      <StackItem>
        <Tabs
          aria-label={`Request and response of attempt ${attempt.number}`}
          activeKey={tab}
          onSelect={(_event, key) => setTab(key)}
          mountOnEnter
        >
          <Tab eventKey="request" title={<TabTitleText>Request</TabTitleText>}>
            <div className="bellwire-tab">
              <AttemptRequest attempt={attempt} delivery={delivery} isEndpointDeleted={isEndpointDeleted} />
            </div>
          </Tab>
          <Tab eventKey="response" title={<TabTitleText>Response</TabTitleText>}>
            <div className="bellwire-tab">
              <AttemptResponse attempt={attempt} />
            </div>
          </Tab>
        </Tabs>
      </StackItem>
    </Stack>
  );
}

const connections = {
  replaced: "New. The request was first sent on an open connection, which the receiver closed",
  none: "None was opened",
  new: "New",
  reused: "Reused",
  internal: "None needed, a request bin of this installation",
} as const;

const tlsNames: Readonly<Record<string, string>> = {
  TLSv1: "TLS 1.0",
  "TLSv1.1": "TLS 1.1",
  "TLSv1.2": "TLS 1.2",
  "TLSv1.3": "TLS 1.3",
};

function ConnectionFacts({ attempt: { connection, address, tls, response_bytes } }: { attempt: Attempt }) {
  return (
    <DescriptionList isCompact isHorizontal termWidth="9rem">
      {connection && <Fact term="Connection">{connections[connection]}</Fact>}
      {address !== null && (
        <Fact term="Address">
          <span className="bellwire-mono">{address}</span>
        </Fact>
      )}
      {tls && <Fact term="Encryption">{tlsNames[tls.version] ?? tls.version}</Fact>}
      {tls?.certificate_expires_at && (
        <Fact term="Certificate">
          <CertificateExpiry at={tls.certificate_expires_at} />
        </Fact>
      )}
      {response_bytes !== null && response_bytes > 0 && (
        <Fact term="Bytes received">{formatCount(response_bytes)}</Fact>
      )}
    </DescriptionList>
  );
}

const dayMs = 86_400_000;
const warnDays = 14;

/** Shows when a certificate expires. Warns during the last two weeks, and marks an expired one. */
function CertificateExpiry({ at }: { at: string }) {
  const now = useNow();
  const leftMs = new Date(at).getTime() - now.getTime();
  return (
    <>
      {leftMs <= 0 ? "Expired " : "Expires "}
      <When at={at} isExact />
      {leftMs <= warnDays * dayMs && (
        <>
          {" "}
          <Label isCompact status={leftMs <= 0 ? "danger" : "warning"}>
            {leftMs <= 0 ? "Expired" : "Renew it now"}
          </Label>
        </>
      )}
    </>
  );
}

/** The response's headers and the start of its body. */
function AttemptResponse({ attempt: { response_headers, response_body } }: { attempt: Attempt }) {
  if (!response_headers) return <Content component="p">The receiver did not respond.</Content>;
  return (
    <Stack hasGutter>
      <StackItem className="bellwire-mono">
        <HeaderFacts label="Response headers" headers={response_headers} />
      </StackItem>
      <StackItem>
        {response_body ? (
          <Payload text={response_body} label="the response" />
        ) : (
          <Content component="p">The response has no body.</Content>
        )}
      </StackItem>
    </Stack>
  );
}
