import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../esbuild.browser.mjs";
import { type CosimError, type RemoteError, rpc } from "../../src/index.ts";
import { launched, supported } from "../support/chromium.ts";

/* `cosimas/browser` in a page of a real Chromium, against a listener of this process. */
class Meter {
  static readonly exposed = ["add", "echo", "fail", "watch", "twice"] as const;
  add(a: number, b: number): number {
    return a + b;
  }
  echo(value: unknown): unknown {
    return value;
  }
  fail(): never {
    throw new RangeError("no power");
  }
  /** Calls back a service that the page passes. */
  async watch(page: { told: (kw: number) => Promise<number> }): Promise<number> {
    return (await page.told(3)) + (await page.told(4));
  }
  twice(text: string): string {
    return text + text;
  }
}

/** What a page may use. */
declare const cosimas: typeof import("../../adapters/web/index.ts");

describe.skipIf(!supported && process.env["CI"] !== "true")("in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-browser-"));
  let http: HttpServer;
  let origin = "";
  let open: rpc.Server;
  let guarded: rpc.Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await bundle(join(folder, "cosimas"));
    http = createServer((request, response) => {
      const isScript = request.url!.startsWith("/cosimas/");
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript
          ? readFileSync(join(folder, request.url!))
          : '<script type="module">globalThis.cosimas = await import("/cosimas/index.js");</script>',
      );
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    open = await rpc.serve("ws://127.0.0.1:0", new Meter(), { origins: [origin] });
    guarded = await rpc.serve("ws://127.0.0.1:0", new Meter(), { origins: [origin], hello: { token: "secret" } });
    browser = await launched(folder);
    page = await browser.newPage();
    await page.goto(origin);
    await page.waitForFunction("globalThis.cosimas !== undefined");
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([open?.close(), guarded?.close()]);
    http?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("calls, and gets values, errors and a thousand answers at a time", async () => {
    const seen = await page.evaluate(async (url) => {
      const connection = await cosimas.connect<typeof Meter>(url);
      const { remote } = connection;
      const value = { text: "é\u{1F600}", list: [1, -2.5, 2 ** 40, null, true], deep: { a: { b: "c" } } };
      const failure = await remote.fail().catch((error: RemoteError) => [error.remoteName, error.message]);
      const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => remote.add(i, 1)));
      const big = String(await remote.echo(2n ** 60n));
      const bytes = (await remote.echo(new Uint8Array(300_000).fill(7))) as Uint8Array;
      const long = (await remote.twice("é".repeat(50_000))).length;
      const echoed = await remote.echo(value);
      const isEqual = JSON.stringify(echoed) === JSON.stringify(value);
      const nan = Number.isNaN(await remote.echo(Number.NaN));
      await connection.close();
      const { code } = await connection.closed;
      return {
        isEqual,
        failure,
        right: sums.filter((sum, i) => sum === i + 1).length,
        big,
        bytes: [bytes.length, bytes[299_999]],
        long,
        nan,
        code,
      };
    }, open.address);
    expect(seen).toEqual({
      isEqual: true,
      failure: ["RangeError", "no power"],
      right: 1000,
      big: String(2n ** 60n),
      bytes: [300_000, 7],
      long: 100_000,
      nan: true,
      code: "ERR_CHANNEL_CLOSED",
    });
  });

  it("is called back by a service that it passes, and speaks JSON too", async () => {
    const json = await rpc.serve("ws://127.0.0.1:0", new Meter(), { origins: [origin], codec: "json" });
    const seen = await page.evaluate(
      async (urls) => {
        const answers: unknown[] = [];
        for (const [url, codec] of urls) {
          class Listener {
            static readonly exposed = ["told"] as const;
            told(kw: number): number {
              return 10 * kw;
            }
          }
          const { remote, close } = await cosimas
            .connect<typeof Meter>(url!, { codec: codec as "json" })
            .then((connection) => ({
              remote: connection.remote,
              close: () => connection.close(),
            }));
          answers.push(await (remote.watch as (page: object) => Promise<number>)(new Listener()));
          await close();
        }
        return answers;
      },
      [
        [open.address, "msgpack"],
        [json.address, "json"],
      ],
    );
    expect(seen).toEqual([70, 70]);
    await json.close();
  });

  it("says hello with a token, and is told that a wrong one is not accepted", async () => {
    const seen = await page.evaluate(async (url) => {
      const good = await cosimas.connect<typeof Meter>(url, { hello: { token: "secret" } });
      const sum = await good.remote.add(1, 2);
      await good.close();
      const bad = await cosimas.connect(url, { hello: { token: "guess" } }).catch((error: CosimError) => error.code);
      return { sum, bad };
    }, guarded.address);
    expect(seen).toEqual({ sum: 3, bad: "ERR_CHANNEL_TOKEN" });
  });

  it("connects again when its server was restarted, and gets what it asked meanwhile", async () => {
    const first = await rpc.serve("ws://127.0.0.1:0", new Meter(), { origins: [origin] });
    const { address } = first;
    await page.evaluate(async (url) => {
      const options = { reconnect: { whileLost: "hold" as const }, backoff: { delayMs: 50, delayMsMax: 200 } };
      const connection = await cosimas.connect<typeof Meter>(url, options);
      const states: string[] = [];
      connection.onState((state) => states.push(state));
      Object.assign(globalThis, { connection, states });
    }, address);
    await first.close();
    await page.waitForFunction("globalThis.states.includes('lost')");
    const sum = page.evaluate(() =>
      (globalThis as unknown as { connection: rpc.RpcConnection<typeof Meter> }).connection.remote.add(1, 2),
    );
    const second = await rpc.serve(address, new Meter(), { origins: [origin] });
    expect(await sum).toBe(3);
    const states = await page.evaluate(async () => {
      const kept = globalThis as unknown as { connection: rpc.RpcConnection; states: string[] };
      await kept.connection.close();
      return kept.states;
    });
    expect(states).toEqual(["lost", "open", "closed"]);
    await second.close();
  });

  it("is not let in from a page of another origin", async () => {
    const other = await browser.newPage();
    await other.goto(origin.replace("127.0.0.1", "localhost"));
    await other.waitForFunction("globalThis.cosimas !== undefined");
    const seen = await other.evaluate(
      (url) =>
        cosimas.connect(url).then(
          () => "in",
          (error: Error) => error.message,
        ),
      open.address,
    );
    expect(seen).toMatch(/^cannot connect to ws:.*closed with code 1006$/);
  });
});
