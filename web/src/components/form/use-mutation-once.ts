import { type MutateOptions, type UseMutationOptions, useMutation } from "@tanstack/react-query";
import { useRef } from "react";

/**
 * Is `useMutation`, and ignores an input equal to one that is being sent: the second click of a double click may come before the button
 * shows the first.
 */
export function useMutationOnce<Done, Input = void>(options: UseMutationOptions<Done, Error, Input>) {
  const sending = useRef(new Set<string>());
  const mutation = useMutation({
    ...options,
    onSettled: (...result) => {
      sending.current.delete(keyOf(result[2]));
      return options.onSettled?.(...result);
    },
  });
  return {
    ...mutation,
    mutate: (input: Input, callbacks: MutateOptions<Done, Error, Input> = {}): void => {
      const key = keyOf(input);
      if (sending.current.has(key)) return;
      sending.current.add(key);
      mutation.mutate(input, callbacks);
    },
  };
}

/** Equal inputs have the same key, edits of a set included. */
const keyOf = (input: unknown): string =>
  JSON.stringify([input], (_, value: unknown) => (value instanceof Map ? [...value] : value));
