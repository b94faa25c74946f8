/** A plain-text mail. */
export interface OutgoingMail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer extends Disposable {
  /** Resolves when the mail server has accepted the mail; rejects with its message otherwise. */
  send(mail: OutgoingMail): Promise<void>;
}

/** Less than the time for which a process owns a mail in progress. */
const timeoutMs = 30_000;

/** Sends mails through the server of an `smtp://` or `smtps://` URL. Uses STARTTLS if the server offers it. */
export async function openMailer(smtpUrl: string): Promise<Mailer> {
  const { createTransport } = await import("nodemailer"); // most processes send no mail
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
      // Separate parts, so that no name or address is parsed as several.
      await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
    },
    [Symbol.dispose]: () => transport.close(),
  };
}
