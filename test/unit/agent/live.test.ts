import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";
import { connect, type RpcConnection } from "../../../src/rpc/index.ts";
import { whileAdvancing } from "../../support/while-advancing.ts";

class Battery extends Agent {
  static override readonly exposed = ["offer", "fail", "order"] as const;
  static override readonly outputs = ["seen"] as const;
  readonly seen: string[] = [];
  async offer(kw: number): Promise<number> {
    await this.clock.sleep(0.5);
    return kw / 2;
  }
  fail(): never {
    throw new RangeError("empty");
  }
  order(from: string): void {
    this.seen.push(from);
  }
}

class Buyer extends Agent {
  static override readonly outputs = ["result"] as const;
  result: unknown = null;
  async buy(url: string): Promise<void> {
    try {
      const battery = await this.connect<typeof Battery>(url);
      this.result = [await battery.offer(8), await battery.fail().catch((error) => [error.remoteName, error.message])];
    } catch (error) {
      this.result = (error as { code: string }).code;
    }
  }
}

const open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((container) => container.close()));
});

async function seller(): Promise<Container> {
  const container = await Container.create({ address: "tcp://127.0.0.1:0" });
  open.push(container);
  container.spawn(Battery, { id: "battery/1" });
  await container.advance(0);
  return container;
}

async function buyer(): Promise<Container> {
  const container = await Container.create();
  open.push(container);
  container.spawn(Buyer, { id: "buyer" });
  await container.advance(0);
  return container;
}

/** Everything that a peer has called so far has arrived: what is refused at once comes behind it. */
async function arrived(peer: RpcConnection): Promise<void> {
  await expect(peer.call("nowhere", [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
}

describe("a container with an address", () => {
  it("answers calls of live peers at its next advances, by aiomas' paths", async () => {
    const container = await seller();
    const peer = await connect(container.address!);
    expect(await peer.call("validate_aid", ["battery/1"])).toBe("Battery");
    expect(await peer.call("validate_aid", ["nobody"])).toBeNull();
    const offer = peer.call("agents/battery/1/offer", [10]);
    expect(await whileAdvancing(container, offer)).toBe(5);
    const failure = peer.call("agents/battery/1/fail", []);
    await expect(whileAdvancing(container, failure)).rejects.toMatchObject({
      remoteName: "RangeError",
      message: "empty",
    });
    for (const path of ["agents/battery/1/seen", "agents/battery/1/setup"]) {
      await expect(whileAdvancing(container, peer.call(path, []))).rejects.toMatchObject({
        code: "ERR_RPC_NOT_EXPOSED",
      });
    }
    await expect(whileAdvancing(container, peer.call("agents/nobody/offer", []))).rejects.toMatchObject({
      code: "ERR_AGENT_UNKNOWN",
    });
    for (const path of ["agents", "agents/offer", "clock/time", "container/close"]) {
      await expect(peer.call(path, [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    }
    await peer.close();
  });

  it("lets calls in by peer, and each peer's in its own order", async () => {
    const container = await seller();
    const peers = await Promise.all([connect(container.address!), connect(container.address!)]);
    const calls = [0, 1, 2].flatMap((n) => peers.map((peer, i) => peer.call("agents/battery/1/order", [`${i}${n}`])));
    await Promise.all(peers.map(arrived));
    await container.advance(1);
    await Promise.all(calls);
    const { seen } = container.outputs("battery/1", ["seen"]) as { seen: string[] };
    expect([seen.join(" ")]).toContain(seen[0] === "00" ? "00 01 02 10 11 12" : "10 11 12 00 01 02");
    await Promise.all(peers.map((peer) => peer.close()));
  });

  it("rejects the calls of peers that wait when it closes", async () => {
    const container = await seller();
    const peer = await connect(container.address!);
    const offer = peer.call("agents/battery/1/offer", [10]);
    offer.catch(() => {});
    await arrived(peer);
    await container.close();
    await expect(offer).rejects.toMatchObject({ code: expect.stringMatching(/ERR_RUN_ENDED|ERR_CHANNEL_CLOSED/) });
  });
});

describe("an agent that calls a live peer", () => {
  it("waits for it within its step", async () => {
    const [there, here] = [await seller(), await buyer()];
    here.input("buyer", "buy", [`${there.address}/battery/1`]);
    await whileAdvancing(there, here.advance(1));
    expect(here.outputs("buyer", ["result"])).toEqual({ result: [4, ["RangeError", "empty"]] });
  });

  it("is told when there is no such agent, or nobody at all", async () => {
    const [there, here] = [await seller(), await buyer()];
    here.input("buyer", "buy", [`${there.address}/nobody`]);
    await here.advance(1);
    expect(here.outputs("buyer", ["result"])).toEqual({ result: "ERR_AGENT_UNKNOWN" });
    const { address } = there;
    await there.close();
    const other = await buyer();
    other.input("buyer", "buy", [`${address}/battery/1`]);
    await other.advance(2);
    expect(other.outputs("buyer", ["result"])).toEqual({ result: "ERR_CHANNEL_CONNECT" });
  });

  it("can be used by the program outside the simulation", async () => {
    const [there, here] = [await seller(), await buyer()];
    const agent = here.spawn(Buyer, { id: "other" });
    const battery = await agent.connect<typeof Battery>(`${there.address}/battery/1`);
    expect(await whileAdvancing(there, battery.offer(3))).toBe(1.5);
  });

  it("finds an agent of its own container by URL without a socket", async () => {
    const there = await seller();
    there.spawn(Buyer, { id: "neighbour" });
    there.input("neighbour", "buy", [`${there.address}/battery/1`]);
    await there.advance(2);
    await there.advance(3);
    expect(there.outputs("neighbour", ["result"])).toEqual({ result: [4, ["RangeError", "empty"]] });
  });
});
