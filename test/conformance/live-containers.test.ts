import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DATE_TIME } from "../../src/agent/simulation.ts";
import type { PeerIdentity } from "../../src/channel/index.ts";
import { Agent, Container, type ContainerOptions, RealTimeClock } from "../../src/index.ts";
import { connect, type RpcConnection, serve, type UntypedRemote } from "../../src/rpc/index.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";

/** Containers that reach each other by URL, over every transport and with every way of being safe. */
class Meter extends Agent {
  static override readonly exposed = ["read", "greet", "give", "take"] as const;
  read(factor: number): number {
    return factor * 2;
  }
  /** Calls back on the same connection. */
  async greet(friend: UntypedRemote): Promise<unknown> {
    return friend["name"]();
  }
  give(bytes: number): Uint8Array {
    return new Uint8Array(bytes);
  }
  take(bytes: Uint8Array): number {
    return bytes.length;
  }
}

class Visitor extends Agent {
  static override readonly exposed = ["visit", "name", "carry"] as const;
  name(): string {
    return this.id;
  }
  async visit(url: string): Promise<unknown> {
    const meter = (await this.connect(url)) as UntypedRemote;
    return [await meter["read"](21), await meter["greet"](this)];
  }
  /** Many large arguments and results at once. */
  async carry(url: string, count: number, bytes: number): Promise<number[]> {
    const meter = (await this.connect(url)) as UntypedRemote;
    const given = Array.from({ length: count }, async () => ((await meter["give"](bytes)) as Uint8Array).length);
    const taken = Array.from({ length: count }, () => meter["take"](new Uint8Array(bytes)) as Promise<number>);
    return [...new Set(await Promise.all([...given, ...taken]))];
  }
}

let certificates: Certificates;
const folder = mkdtempSync(join(tmpdir(), "cosimas-live-"));
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(async () => {
  await certificates.remove();
  rmSync(folder, { recursive: true });
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((home) => home.close()));
});

async function container(options: ContainerOptions): Promise<Container> {
  const made = await Container.create({ clock: new RealTimeClock({ factor: 0.01 }), ...options });
  open.push(made);
  return made;
}

/** URL of a meter in a container of its own. */
async function meter(options: ContainerOptions): Promise<string> {
  return (await container(options)).spawn(Meter, { id: "halls/1/meter" }).addr;
}

async function visitor(options: ContainerOptions = {}): Promise<Container> {
  const made = await container(options);
  made.spawn(Visitor, { id: "visitor" });
  return made;
}

/** Addresses on which a container can listen, and what both sides need for them. */
const WAYS: readonly (readonly [name: string, address: () => string, options: () => ContainerOptions])[] = [
  ["TCP", () => "tcp://127.0.0.1:0", () => ({})],
  ["TLS", () => "tls://127.0.0.1:0", () => ({ tls: certificates.good })],
  ["TLS on TCP", () => "tcp://127.0.0.1:0", () => ({ tls: certificates.good })],
  ["TLS and a token", () => "tls://127.0.0.1:0", () => ({ tls: certificates.good, hello: { token: "secret" } })],
  ["WebSocket and a token", () => "ws://127.0.0.1:0", () => ({ hello: { token: "secret" } })],
  ["WebSocket over TLS", () => "wss://127.0.0.1:0", () => ({ tls: certificates.good })],
  ["a Unix socket", () => `ipc://${join(folder, "meter")}`, () => ({})],
  ["a local queue", () => "local://meter", () => ({})],
];

describe.each(WAYS)("live containers over %s", (name, address, options) => {
  it("serve and reach each other by URL, and call back what they are given", async () => {
    const url = await meter({ address: address(), ...options() });
    const visiting = await visitor(options());
    expect(await visiting.call("visitor", "visit", [url])).toEqual([42, "visitor"]);
    const [count, bytes] = name === "TCP" ? [300, 60_000] : [12, 1_500_000];
    expect(await visiting.call("visitor", "carry", [url, count, bytes])).toEqual([bytes]);
  });
});

describe("a container that shows its certificate", () => {
  it("turns away who has none of the same authority, and goes on", async () => {
    const url = await meter({ address: "tls://127.0.0.1:0", tls: certificates.good });
    const stranger = await visitor({ tls: certificates.stranger });
    await expect(stranger.call("visitor", "visit", [url])).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_CHANNEL_/),
    });
    const plain = await visitor();
    await expect(plain.call("visitor", "visit", [url])).rejects.toThrow(/tls/i);
    const known = await visitor({ tls: certificates.good });
    expect(await known.call("visitor", "visit", [url])).toEqual([42, "visitor"]);
  });

  it("is known by it to those whom it calls, and they to it", async () => {
    const callers: (PeerIdentity | undefined)[] = [];
    const server = await serve(
      "tls://127.0.0.1:0",
      {
        validate_aid: () => "Meter",
        agents: {
          resolve: (_path: readonly string[], from: { readonly identity: PeerIdentity | undefined }) => () => {
            callers.push(from.identity);
            return from.identity?.commonName;
          },
        },
      },
      {
        types: [DATE_TIME],
        tls: certificates.good,
        onConnection: (connection: RpcConnection) => void callers.push(connection.identity),
      },
    );
    open.push(server);
    const visiting = await visitor({ tls: certificates.good });
    expect(await visiting.call("visitor", "visit", [`${server.address}/any`])).toEqual(["good", "good"]);
    expect(new Set(callers.map((caller) => caller?.fingerprint)).size).toBe(1);
    const url = new URL(await meter({ address: "tls://127.0.0.1:0", tls: certificates.good }));
    const connection = await connect(`tls://${url.host}`, { tls: certificates.good });
    open.push(connection);
    expect(connection.identity).toMatchObject({ commonName: "good", fingerprint: callers[0]!.fingerprint });
  });
});

describe("a container that other machines reach", () => {
  const address = "tcp://0.0.0.0:0";

  it("needs a token, TLS or insecure", async () => {
    for (const options of [{}, { hello: {} }, { hello: { heartbeat: true } }, { insecure: false }]) {
      await expect(container({ address, ...options })).rejects.toMatchObject({ code: "ERR_CHANNEL_INSECURE" });
    }
    await container({ address, insecure: true });
    await container({ address, tls: certificates.good });
  });

  it("serves those that know its token, and nobody else", async () => {
    const home = await container({ address, hello: { token: "secret" } });
    home.spawn(Meter, { id: "meter" });
    const url = `${home.address!.replace("0.0.0.0", "127.0.0.1")}/meter`;
    const known = await visitor({ hello: { token: "secret" } });
    expect(await known.call("visitor", "visit", [url])).toEqual([42, "visitor"]);
    const guessing = await visitor({ hello: { token: "Secret" } });
    await expect(guessing.call("visitor", "visit", [url])).rejects.toMatchObject({ code: "ERR_CHANNEL_TOKEN" });
    const silent = await visitor();
    await expect(silent.call("visitor", "visit", [url])).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_CHANNEL_/),
    });
  });
});
