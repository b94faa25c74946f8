import { Bullseye, Button } from "@patternfly/react-core";

export interface LoadMoreProps {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

export function LoadMore({ query: { hasNextPage, isFetchingNextPage, fetchNextPage } }: LoadMoreProps) {
  if (!hasNextPage) return null;
  return (
    <Bullseye>
      <Button
        variant="link"
        isLoading={isFetchingNextPage}
        isDisabled={isFetchingNextPage}
        onClick={() => fetchNextPage()}
      >
        Load more
      </Button>
    </Bullseye>
  );
}
