// A service that sends mail, and a mail server of a few lines that takes it.
import { createServer, type Server } from "node:net";
import { test as base, freePort, START_MS, startService } from "./service";

/** Listens on the port and keeps every mail as text. */
function mailServer(port: number, mails: string[]): Promise<Server> {
  const server = createServer((socket) => {
    let read = "";
    let mail: string[] | undefined;
    socket.setEncoding("utf8");
    socket.write("220 mail\r\n");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      read += chunk;
      for (let end = read.indexOf("\r\n"); end >= 0; end = read.indexOf("\r\n")) {
        const line = read.slice(0, end);
        read = read.slice(end + 2);
        if (mail && line === ".") {
          // Quoted-printable: lines that go on, and signs by their code.
          const text = mail.join("\n").replaceAll("=\n", "").replaceAll("=3D", "=");
          mails.push(text);
          mail = undefined;
          socket.write("250 taken\r\n");
        } else if (mail) {
          mail.push(line);
        } else if (line === "DATA") {
          mail = [];
          socket.write("354 go on\r\n");
        } else if (line === "QUIT") {
          socket.end("221 bye\r\n");
        } else {
          socket.write("250 fine\r\n");
        }
      }
    });
  });
  return new Promise((done) => server.listen(port, "127.0.0.1", () => done(server)));
}

/** What the service is told, so that it sends there. */
const mailAt = (port: number): Record<string, string> => ({
  COUNTERSIGN_EMAIL__ADDRESS: "desk@northfold.example",
  COUNTERSIGN_EMAIL__SMTP__HOST: "127.0.0.1",
  COUNTERSIGN_EMAIL__SMTP__PORT: String(port),
  COUNTERSIGN_EMAIL__SMTP__SECURITY: "none",
});

interface Mailbox {
  service: string;
  /** Everything that was sent, as text. */
  mails: string[];
}

/** A test whose service sends mail, started with these settings besides. */
export const withMails = (env: Record<string, string> = {}) =>
  base.extend<object, Mailbox>({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from here
    mails: [async ({}, use) => use([]), { scope: "worker" }],
    service: [
      async ({ mails }, use) => {
        const port = await freePort();
        const server = await mailServer(port, mails);
        try {
          const service = await startService({ ...mailAt(port), ...env });
          try {
            await use(service.url);
          } finally {
            await service.stop();
          }
        } finally {
          server.close();
        }
      },
      { scope: "worker", timeout: START_MS + 20_000 },
    ],
  });
