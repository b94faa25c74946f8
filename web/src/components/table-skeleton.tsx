import { Skeleton, Stack, StackItem } from "@patternfly/react-core";

const rows = ["a", "b", "c", "d", "e"];

export function TableSkeleton({ of }: { of: string }) {
  return (
    <Stack hasGutter>
      {rows.map((row) => (
        <StackItem key={row}>
          <Skeleton height="2.5rem" screenreaderText={`Loading ${of}`} />
        </StackItem>
      ))}
    </Stack>
  );
}
