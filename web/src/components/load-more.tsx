import { Alert, Bullseye, Button, Stack, StackItem } from "@patternfly/react-core";

export interface LoadMoreProps {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

/** At the end of a list that goes on. */
export function LoadMore({ query }: LoadMoreProps) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  if (!hasNextPage) return null;
  return (
    <Bullseye>
      <Stack hasGutter>
        {isFetchNextPageError && (
          <StackItem>
            <Alert isInline isPlain component="p" variant="danger" title="The list goes on, but could not be loaded" />
          </StackItem>
        )}
        <StackItem>
          <Button
            variant="link"
            isLoading={isFetchingNextPage}
            isDisabled={isFetchingNextPage}
            onClick={() => fetchNextPage()}
          >
            Load more
          </Button>
        </StackItem>
      </Stack>
    </Bullseye>
  );
}
