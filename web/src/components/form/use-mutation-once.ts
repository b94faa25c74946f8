import { type MutateOptions, type UseMutationOptions, useMutation } from "@tanstack/react-query";
import { useRef } from "react";

/**
 * Is `useMutation`, and ignores an input that is being sent: the second click of a double click may come before the button shows the
 * first.
 */
export function useMutationOnce<Done, Input = void>(options: UseMutationOptions<Done, Error, Input>) {
  const sending = useRef(new Set<Input>());
  const mutation = useMutation({
    ...options,
    onSettled: (...result) => {
      sending.current.delete(result[2]);
      return options.onSettled?.(...result);
    },
  });
  return {
    ...mutation,
    mutate: (input: Input, callbacks: MutateOptions<Done, Error, Input> = {}): void => {
      if (sending.current.has(input)) return;
      sending.current.add(input);
      mutation.mutate(input, callbacks);
    },
  };
}
