/** What PostgreSQL says when a system fails it, and what that means. */
const causes: readonly (readonly [said: RegExp, means: string])[] = [
  [/No space left on device|could not extend file/, "the disk is full"],
  [/Disk quota exceeded/, "the disk quota is used up"],
  [/Read-only file system/, "the file system is read-only"],
  [/Permission denied|could not access directory/, "it lacks the permission to use its folder"],
  [/Cannot allocate memory|could not create shared memory segment/, "there is not enough memory"],
  [/incompatible with server|was initialized by PostgreSQL version/, "its files are of another version of PostgreSQL"],
  [/invalid checkpoint record|could not locate a valid checkpoint|invalid data in file|PANIC/, "its files are damaged"],
];

const linesShown = 8;

/** The cause in words if it is a known one, and PostgreSQL's last lines in any case. */
export function explain(said: string): string {
  const lines = said.trim().split("\n").slice(-linesShown).join("\n  ");
  const cause = causes.find(([pattern]) => pattern.test(said))?.[1];
  return cause ? `${cause}.\n  ${lines}` : `it said\n  ${lines}`;
}
