import { DateTime } from "luxon";
import { describe, expect, it, onTestFinished } from "vitest";
import { Agent, Container } from "../../src/agent/index.ts";
import type { UntypedRemote } from "../../src/rpc/index.ts";
import { AiomasPeer } from "../support/aiomas-peer.ts";
import { pythonEnvironment } from "../support/python.ts";
import { whileAdvancing } from "../support/while-advancing.ts";

/** Our containers and those of real aiomas 2.0.1: each one's agents call the other's. */
const { python, reason } = await pythonEnvironment("aiomas");

class Battery extends Agent {
  static override readonly exposed = ["offer", "sum", "take", "relay", "within", "me", "read", "large"] as const;
  static readonly parameters = { offer: ["kw"] };
  async offer(kw: number): Promise<number> {
    await this.clock.sleep(0.5);
    return kw * 2;
  }
  sum(...numbers: number[]): number {
    return numbers.reduce((all, n) => all + n, 0);
  }
  take(value: unknown): string {
    return typeof value;
  }
  relay(agent: UntypedRemote): Promise<unknown> {
    return agent["read"](4);
  }
  within({ friends }: { friends: UntypedRemote[] }): Promise<unknown> {
    return friends[0]!["read"](6);
  }
  me(): this {
    return this;
  }
  read(factor: number): number {
    return factor * 3;
  }
  large(bytes: number): string {
    return "x".repeat(bytes);
  }
}

class Buyer extends Agent {
  static override readonly outputs = ["read", "later"] as const;
  read: unknown = null;
  later: unknown = null;
  async buy(url: string): Promise<void> {
    try {
      const meter = (await this.connect(url)) as UntypedRemote;
      this.read = await meter["read"](4);
      this.later = await meter["when"](this.clock.utcnow());
    } catch (error) {
      this.read = (error as { code: string }).code;
    }
  }
}

function startPeer(): AiomasPeer {
  const peer = new AiomasPeer(python!);
  onTestFinished(() => peer.kill());
  return peer;
}

describe.skipIf(reason !== undefined)(
  `containers with aiomas${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    describe.each(["json", "msgpack"] as const)("in %s", (codec) => {
      async function meeting() {
        const container = await Container.create({ address: "tcp://127.0.0.1:0", codec });
        onTestFinished(() => container.close());
        const battery = container.spawn(Battery, { id: "battery-1" });
        const buyer = container.spawn(Buyer, { id: "buyer" });
        await container.advance(0);
        const peer = startPeer();
        const address = await peer.tell<string>("create", { address: "tcp://127.0.0.1:0", codec });
        return { container, battery, buyer, peer, meter: `${address}/0`, ours: `${container.address}/battery-1` };
      }

      it("lets Python's agents connect to ours and call them", async () => {
        const { container, peer, ours } = await meeting();
        const ask = (method: string, args: unknown[]) =>
          whileAdvancing(container, peer.tell("agent_ask", { url: ours, method, args }));
        expect(await ask("offer", [3])).toBe(6);
        expect(
          await ask(
            "sum",
            Array.from({ length: 100 }, (_, i) => i),
          ),
        ).toBe(4950);
        await expect(ask("remove", [])).rejects.toThrow(/ERR_RPC_NOT_EXPOSED/);
      });

      it("lets nobody past an agent: not to its container, not through it to others", async () => {
        const { container, peer, ours } = await meeting();
        for (const method of ["container", "clock", "id", "setup", "constructor"]) {
          const call = peer.tell("agent_ask", { url: ours, method, args: [] });
          await expect(whileAdvancing(container, call)).rejects.toThrow(/ERR_RPC_NOT_EXPOSED|ERR_RPC_NOT_FOUND/);
        }
        await peer.tell("connect", { address: container.address, layer: "rpc", codec });
        for (const path of ["agents/battery-1/container/agents/buyer/buy", "agents/battery-1/offer/agents/buyer/buy"]) {
          const call = peer.tell("call", { path });
          await expect(whileAdvancing(container, call)).rejects.toThrow(/ERR_AGENT_UNKNOWN|ERR_RPC_NOT_FOUND/);
        }
      });

      it("lets our agents call Python's within their step", async () => {
        const { container, meter } = await meeting();
        container.input("buyer", "buy", [meter]);
        await container.advance(1);
        expect(container.outputs("buyer", ["read"])).toEqual({ read: 10 });
        const { later } = container.outputs("buyer", ["later"]) as { later: DateTime };
        expect(later.toUTC().toISO()).toBe("2000-01-01T01:00:01.000Z");
      });

      it("sends dates as Arrow's, and gets them back", async () => {
        const { battery, meter } = await meeting();
        const remote = (await battery.connect(meter)) as UntypedRemote;
        const later = (await remote["when"](DateTime.utc(2016, 1, 1, 23, 30))) as DateTime;
        expect(later.toUTC().toISO()).toBe("2016-01-02T00:30:00.000Z");
      });

      it("passes an agent, which Python calls back on the same connection", async () => {
        const { container, battery, meter } = await meeting();
        const remote = (await battery.connect(meter)) as UntypedRemote;
        expect(await whileAdvancing(container, remote["call_back"](battery, 21))).toBe(42);
        const other = await Container.create();
        onTestFinished(() => other.close());
        const stranger = other.spawn(Battery, { id: "stranger" });
        await expect(remote["call_back"](stranger, 1)).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
      });

      it("gets Python's agents as proxies, as arguments and within them, and gives its own as results", async () => {
        const { container, peer, ours } = await meeting();
        const ask = (order: string, details: object) =>
          whileAdvancing(container, peer.tell(order, { url: ours, ...details }));
        expect(await ask("pass_agent", { method: "take" })).toBe("function");
        expect(await ask("pass_agent", { method: "relay" })).toBe(10);
        expect(await ask("pass_agent", { method: "within", inside: true })).toBe(15);
        expect(await ask("read_of", { method: "me", factor: 5 })).toBe(15);
      });

      it("binds Python's keyword arguments, or refuses them", async () => {
        const { container, peer, ours } = await meeting();
        const ask = (method: string, kwargs: object) =>
          whileAdvancing(container, peer.tell("agent_ask", { url: ours, method, args: [], kwargs }));
        expect(await ask("offer", { kw: 3 })).toBe(6);
        await expect(ask("offer", { watts: 3 })).rejects.toThrow(/ERR_RPC_ARGUMENTS.*no parameter "watts"/);
        await expect(ask("read", { factor: 3 })).rejects.toThrow(/ERR_RPC_ARGUMENTS.*takes no keyword arguments/);
      });

      it("gives Python all of twenty answers of a megabyte", async () => {
        const { container, peer, ours } = await meeting();
        const lengths = peer.tell("many", { url: ours, method: "large", count: 20, size: 1_000_000 });
        expect(await whileAdvancing(container, lengths)).toEqual(new Array(20).fill(1_000_000));
      });

      it("tells of an agent that is not there, and connects to the next one", async () => {
        const { container, battery, meter } = await meeting();
        await expect(battery.connect(meter.replace(/0$/, "99"))).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
        expect(await ((await battery.connect(meter)) as UntypedRemote)["read"](2)).toBe(5);
        container.input("buyer", "buy", [meter.replace(/0$/, "99")]);
        await container.advance(1);
        expect(container.outputs("buyer", ["read"])).toEqual({ read: "ERR_AGENT_UNKNOWN" });
      });

      it("connects again when Python's container was restarted", async () => {
        const { battery, meter, peer } = await meeting();
        const remote = (await battery.connect(meter)) as UntypedRemote;
        expect(await remote["read"](2)).toBe(5);
        await peer.kill();
        await expect(remote["read"](2)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_CHANNEL_/) });
        await expect(battery.connect(meter)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
        await startPeer().tell("create", { address: meter.replace(/\/0$/, ""), codec });
        expect(await remote["read"](4)).toBe(10);
      });
    });
  },
);
