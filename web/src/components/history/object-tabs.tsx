import { PageTabs } from "../page-tabs.tsx";

type Here = "Overview" | "History";

/** The pages of an account. A deleted account still has a history. */
export function AccountTabs({ id, here }: { id: number; here: Here }) {
  const params = { id: String(id) };
  return (
    <PageTabs
      label="Account"
      here={here}
      tabs={[
        { title: "Overview", to: { to: "/accounts/$id", params } },
        { title: "History", to: { to: "/accounts/$id/history", params } },
      ]}
    />
  );
}

/** The pages of an application. A deleted application still has a history. */
export function ApplicationTabs({ accountId, id, here }: { accountId: number; id: number; here: Here }) {
  const params = { accountId: String(accountId), id: String(id) };
  return (
    <PageTabs
      label="Application"
      here={here}
      tabs={[
        { title: "Overview", to: { to: "/accounts/$accountId/applications/$id", params } },
        { title: "History", to: { to: "/accounts/$accountId/applications/$id/history", params } },
      ]}
    />
  );
}
