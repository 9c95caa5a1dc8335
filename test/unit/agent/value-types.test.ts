import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container, type ContainerOptions } from "../../../src/agent/index.ts";
import { DateTime } from "../../../src/clock/index.ts";
import { serializable } from "../../../src/codec/index.ts";
import { connect } from "../../../src/rpc/index.ts";
import type { TraceEvent } from "../../../src/trace.ts";

class Offer {
  readonly kw: number;
  readonly until: DateTime;
  constructor(kw: number, until: DateTime) {
    if (!(until instanceof DateTime)) throw new TypeError("until has to be a DateTime");
    this.kw = kw;
    this.until = until;
  }
}
const types = [serializable(Offer, ["kw", "until"])];
const NOON = "2026-06-01T12:00:00+00:00";

class Market extends Agent {
  static override readonly exposed = ["extend", "last"] as const;
  static override readonly outputs = ["offer"] as const;
  offer: Offer | null = null;
  extend(offer: Offer, hours: number): Offer {
    this.offer = offer;
    return new Offer(offer.kw, offer.until.plus({ hours }));
  }
  last(): DateTime {
    return this.utcnow();
  }
  utcnow(): DateTime {
    return this.clock.utcnow();
  }
}

class Trader extends Agent {
  static override readonly exposed = ["trade"] as const;
  async trade(offer: Offer): Promise<Offer> {
    return (await this.connect<typeof Market>("market")).extend(offer, 1);
  }
}

const open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((container) => container.close()));
});

async function market(options: ContainerOptions = {}): Promise<Container> {
  const container = await Container.create({ types, ...options });
  open.push(container);
  container.spawn(Market, { id: "market" });
  container.spawn(Trader, { id: "trader" });
  await container.advance(0);
  return container;
}

describe("instances of registered types", () => {
  it("cross between agents as copies, dates at their offset", async () => {
    const container = await market();
    const given = new Offer(3, DateTime.fromISO("2026-06-01T14:00:00.250+02:00", { setZone: true }));
    const answer = container.call("trader", "trade", [given]);
    await container.advance(1);
    const offer = (await answer) as Offer;
    expect(offer).toBeInstanceOf(Offer);
    expect(offer.until.toISO()).toBe("2026-06-01T15:00:00.250+02:00");
    const seen = container.outputs("market", ["offer"])["offer"] as Offer;
    expect(seen).toBeInstanceOf(Offer);
    expect(seen).not.toBe(given);
    expect(seen.until.toMillis()).toBe(given.until.toMillis());
  });

  it("count in the trace by what they are on the wire, and are that to observers", async () => {
    const runs: { hash: string; events: TraceEvent[] }[] = [];
    for (const until of [NOON, NOON, "2026-06-01T12:00:01+00:00"]) {
      const container = await market();
      const events: TraceEvent[] = [];
      container.attach((batch) => void events.push(...batch));
      const answer = container.call("trader", "trade", [new Offer(3, DateTime.fromISO(until, { setZone: true }))]);
      await container.advance(1);
      await answer;
      runs.push({ hash: container.traceHash(), events });
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]!.hash).not.toBe(runs[0]!.hash);
    expect(runs[0]!.events.find(({ kind }) => kind === "request")).toMatchObject({
      args: [{ __type__: [1, { kw: 3, until: { __type__: [0, NOON] } }] }],
    });
  });

  it.each(["msgpack", "json", "msgpack-blosc"] as const)("cross to live peers in %s", async (codec) => {
    const container = await market({ address: "tcp://127.0.0.1:0", codec });
    // A peer by itself has no calendar: it registers what a container does.
    const dates = {
      type: Date,
      write: (date: Date) => date.toISOString(),
      read: (text: unknown) => new Date(String(text)),
    };
    const peer = await connect(container.address!, { codec, types: [dates] });
    const call = peer.call("agents/market/last", []);
    let done = false;
    const settled = call.finally(() => {
      done = true;
    });
    for (let t = 1; !done; t++) {
      await container.advance(t);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await settled).toBeInstanceOf(Date);
    await peer.close();
  });

  it("need a class of their own", async () => {
    await expect(Container.create({ types: [...types, ...types] })).rejects.toThrow(/Offer is registered already/);
  });
});
