import { Pagination } from "@patternfly/react-core";

import { perPage } from "../api/management/account-queries.ts";

export interface ListPaginationProps {
  readonly total: number;
  readonly page: number;
  readonly onPage: (page: number) => void;
}

/** Nothing, as long as one page holds everything. */
export function ListPagination({ total, page, onPage }: ListPaginationProps) {
  if (total <= perPage) return null;
  return (
    <Pagination
      variant="bottom"
      itemCount={total}
      perPage={perPage}
      perPageOptions={[]}
      page={page}
      onSetPage={(_, chosen) => onPage(chosen)}
    />
  );
}
