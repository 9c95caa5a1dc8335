import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { ChannelError, type PageOptions } from "../../../src/index.ts";
import { REQUEST_BYTES_MAX } from "./commands.ts";
import { type PageSource, Pages } from "./pages.ts";
import { allowedHosts, headersFor, isSameOrigin, isToken, newToken } from "./security.ts";
import { type StaticFile, staticFiles } from "./static-files.ts";

/** Connections that may be open at a time, those of pages among them. */
const CONNECTIONS_MAX = 512;

/** How a page is served. */
export interface PageServerOptions extends Pick<PageOptions, "port" | "host" | "allowedHosts"> {
  /** Where the built page is. @internal */
  readonly assets?: string;
}

/**
 * Serves the page and its feed: the page's files from a list, and a WebSocket to whoever knows the token and comes from
 * this very server.
 */
export class PageServer {
  /** Where to look, with the token: `http://127.0.0.1:41234/#t=…`. */
  readonly url: string;
  readonly port: number;
  readonly #server: Server;
  readonly #pages: Pages;

  private constructor(server: Server, url: string, port: number, pages: Pages) {
    this.#server = server;
    this.url = url;
    this.port = port;
    this.#pages = pages;
  }

  /**
   * Begin to serve.
   *
   * @throws ChannelError `ERR_CHANNEL_CONNECT` if the port is taken; ScenarioError `ERR_PAGE_ASSETS`.
   */
  static async open(source: PageSource, options: PageServerOptions = {}): Promise<PageServer> {
    const { port: wanted = 0, host = "127.0.0.1", allowedHosts: more = [], assets } = options;
    const files = staticFiles(assets);
    const token = newToken();
    const server = createServer();
    server.maxConnections = CONNECTIONS_MAX;
    await listening(server, wanted, host);
    const { port } = server.address() as { port: number };
    const hosts = allowedHosts(host, port, more);
    const pages = new Pages(source);
    server.on("request", (request, response) => respond(request, response, hosts, files));
    const sockets = new WebSocketServer({ noServer: true, maxPayload: REQUEST_BYTES_MAX, perMessageDeflate: false });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => {}); // gone before it was answered
      const status = refusal(request, hosts, token) ?? pages.refusal();
      if (status !== undefined)
        return void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      sockets.handleUpgrade(request, socket, head, (accepted) => pages.add(accepted));
    });
    const shown = host === "0.0.0.0" || host === "::" ? (more[0] ?? "127.0.0.1") : host;
    const at = shown.includes(":") ? `[${shown}]` : shown;
    return new PageServer(server, `http://${at}:${port}/#t=${token}`, port, pages);
  }

  /** Pages that are open. */
  get pages(): number {
    return this.#pages.count;
  }

  /** Show something else from now on. */
  show(source: PageSource): void {
    this.#pages.show(source);
  }

  /** Tell the pages what is now, without waiting for the next sample. */
  publish(): void {
    this.#pages.publish();
  }

  /** End all connections. */
  async close(): Promise<void> {
    this.#pages.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Why a request to become a WebSocket is refused; undefined if it is not. */
function refusal(
  { url = "", headers }: IncomingMessage,
  hosts: ReadonlySet<string>,
  token: string,
): string | undefined {
  const { host = "", origin } = headers;
  if (!hosts.has(host) || !isSameOrigin(origin, host)) return "403 Forbidden";
  const [path, query = ""] = url.split("?");
  if (path !== "/feed") return "404 Not Found";
  return isToken(new URLSearchParams(query).get("t"), token) ? undefined : "401 Unauthorized";
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  hosts: ReadonlySet<string>,
  files: ReadonlyMap<string, StaticFile>,
): void {
  const { host = "" } = request.headers;
  const end = (status: number, text: string) => {
    response.writeHead(status, { ...headersFor("127.0.0.1"), "content-type": "text/plain; charset=utf-8" });
    response.end(text);
  };
  if (!hosts.has(host)) return void end(403, "this server has another name\n");
  if (request.method !== "GET" && request.method !== "HEAD") return void end(405, "only GET\n");
  const file = files.get((request.url ?? "").split("?")[0]!);
  if (file === undefined) return void end(404, "there is no such file\n");
  const headers = { ...headersFor(host), "content-type": file.type, "content-length": file.bytes.length };
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : file.bytes);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "the port is taken: name another one, or 0 for any" : cause.message;
      reject(
        new ChannelError("ERR_CHANNEL_CONNECT", `the page cannot be served at ${host}:${port}: ${why}`, { cause }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}
