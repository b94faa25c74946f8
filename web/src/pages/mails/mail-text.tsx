import { useSession } from "../../api/session-context.ts";

/** A line that is an address of one of the two portals is a link; what developers have written themselves never is. */
export function MailText({ text }: { text: string }) {
  const portals = [useSession().developerPortalUrl, `${location.origin}/`];
  const isOurs = (part: string): boolean => portals.some((url) => part.startsWith(url));
  return (
    <p className="bellwire-mail">
      {text.split(/^(https?:\S+)$/m).map((part) =>
        isOurs(part) ? (
          <a key={part} href={part} target="_blank" rel="noopener">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}
