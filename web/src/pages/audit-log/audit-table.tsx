import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { AuditRecord } from "../../api/audit-queries.ts";
import { When } from "../../components/when.tsx";
import { describeAction, describeDetail, describeSubject, pageOfSubject } from "./describe-deed.ts";

const ofNobody = { admin: "An admin", token: "An access token", key: "The provider key", system: "Bellwire itself" };

export const AuditTable = ({ records }: { records: readonly AuditRecord[] }) => (
  <Table aria-label="Audit log" variant="compact">
    <Thead>
      <Tr>
        <Th modifier="nowrap">Deed</Th>
        <Th modifier="nowrap">On</Th>
        <Th>Details</Th>
        <Th modifier="nowrap">By</Th>
        <Th modifier="nowrap">When</Th>
      </Tr>
    </Thead>
    <Tbody>
      {records.map((record) => (
        <Tr key={record.id}>
          <Td dataLabel="Deed">{describeAction(record.action)}</Td>
          <Td dataLabel="On">
            <Subject subject={record.subject} />
          </Td>
          <Td dataLabel="Details" modifier="breakWord">
            {describeDetail(record.detail).map((part) => (
              <div key={part}>{part}</div>
            ))}
          </Td>
          <Td dataLabel="By">
            <Doer actor={record.actor} />
          </Td>
          <Td dataLabel="When">
            <When at={record.at} />
          </Td>
        </Tr>
      ))}
    </Tbody>
  </Table>
);

function Subject({ subject }: { subject: string }) {
  const [page, name] = [pageOfSubject(subject), describeSubject(subject)];
  return page === undefined ? name : <Link to={page}>{name}</Link>;
}

function Doer({ actor: { kind, user_id, username } }: { actor: AuditRecord["actor"] }) {
  if (user_id === null) return ofNobody[kind];
  return (
    <>
      {username ?? `User ${user_id}, who is gone`}
      {kind === "token" && <span className="bellwire-subtle"> (with an access token)</span>}
    </>
  );
}
