import { createTransport } from "nodemailer";

/** A mail in plain text. */
export interface OutgoingMail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer extends Disposable {
  /** Resolves once the mail server has taken the mail, and rejects with its words if it does not. */
  send(mail: OutgoingMail): Promise<void>;
}

/** Less than the time for which a mail that is being sent belongs to one process. */
const timeoutMs = 30_000;

/** Hands mails to the server at an `smtp://` or `smtps://` URL. A server that offers STARTTLS is spoken to in private. */
export function openMailer(smtpUrl: string): Mailer {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    ...(port === "" ? {} : { port: Number(port) }),
    secure: protocol === "smtps:",
    ...(username === "" ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ from, to, subject, text }) {
      // As parts, so that no name or address is read as more than one of them.
      await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
    },
    [Symbol.dispose]: () => transport.close(),
  };
}
