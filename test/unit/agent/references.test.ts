import { afterEach, expect, it } from "vitest";
import { DATE_TIME } from "../../../src/agent/simulation.ts";
import { Agent, asRemote, Container, Platform, type Remote } from "../../../src/index.ts";
import { serve } from "../../../src/rpc/index.ts";
import { Acquaintance } from "../../support/platform-agents.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function container(options: Parameters<typeof Container.create>[0] = {}): Promise<Container> {
  const made = await Container.create(options);
  open.push(made);
  return made;
}

it("an agent, or a proxy of one, arrives as a proxy that calls in the receiver's name", async () => {
  const home = await container();
  for (const id of ["ann-0", "bea-1", "cy-3"]) home.spawn(Acquaintance, { id });
  const met = home.call("ann-0", "introduce", ["bea-1", "cy-3"]);
  const parent = home.call("ann-0", "child", ["dan-1"]);
  home.call("ann-0", "later", ["cy-3"]);
  await home.advance(1);
  expect(await met).toEqual(["bea-1", "cy-3"]);
  expect(await parent).toBe("ann-0");
  expect(home.outputs("ann-0", ["greeted"])).toEqual({ greeted: ["bea-1", "cy-3"] });
});

it("gives the program outside proxies, and takes agents and proxies from it", async () => {
  const home = await container();
  const [ann, bea] = ["ann-0", "bea-1"].map((id) => home.spawn(Acquaintance, { id }));
  const given = home.call("bea-1", "meet", [[ann, await ann!.connect("bea-1")], {}]) as Promise<
    Remote<typeof Acquaintance>
  >;
  await home.advance(1);
  const who = (await given).who();
  await home.advance(2);
  expect(await who).toBe("bea-1");
  expect([ann!.greeted, bea!.greeted]).toEqual([["bea-1"], ["bea-1"]]);
});

it("has one trace for any number of containers", async () => {
  const module = new URL("../../support/platform-agents.ts", import.meta.url);
  const hashes = new Set<string>();
  for (const containers of [1, 2, 3, 4]) {
    const platform = await Platform.create({ module, containers });
    open.push(platform);
    for (const id of ["ann-0", "bea-1", "cy-3"]) await platform.spawn("Acquaintance", { id });
    platform.call("ann-0", "introduce", ["bea-1", "cy-3"]);
    platform.call("bea-1", "child", ["dan-2"]);
    platform.call("cy-3", "later", ["ann-0"]);
    await platform.advance(2);
    hashes.add(platform.traceHash());
  }
  expect(hashes.size).toBe(1);
});

it("refuses agents of other containers, removed ones, and agents as outputs", async () => {
  const [home, elsewhere] = [await container(), await container()];
  home.spawn(Acquaintance, { id: "ann" });
  const stranger = elsewhere.spawn(Acquaintance, { id: "ann" });
  const proxy = await stranger.connect("ann");
  const code = { code: "ERR_AGENT_UNKNOWN", agent: "ann" };
  await expect(home.call("ann", "meet", [[stranger], {}])).rejects.toMatchObject(code);
  await expect(home.call("ann", "meet", [[proxy], {}])).rejects.toMatchObject(code);
  home.input("ann", "show");
  await expect(home.advance(1)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", cause: { code: "ERR_VALUE_TYPE" } });
});

class Visitor extends Agent {
  static override readonly exposed = ["visit", "ping"] as const;
  pings = 0;
  ping(): number {
    return ++this.pings;
  }
  /** Pass itself, and a proxy of a friend at home, to what lives at `url`. */
  async visit(url: string): Promise<number> {
    const far = await this.connect<typeof Far>(url);
    const friend = await this.connect<typeof Visitor>("friend");
    return far.meet([asRemote<typeof Visitor>(this), friend]);
  }
}

/** A live peer; it stays an agent in name only. */
class Far extends Agent {
  static override readonly exposed = ["meet"] as const;
  meet(people: Remote<typeof Visitor>[]): number {
    for (const person of people) void person.ping();
    return people.length;
  }
}

it("passes proxies of agents on to live peers as the agents themselves", async () => {
  const home = await container({ address: "tcp://127.0.0.1:0" });
  const visitor = home.spawn(Visitor, { id: "visitor" });
  const friend = home.spawn(Visitor, { id: "friend" });
  const meet = ([people]: unknown[]) => Far.prototype.meet(people as Remote<typeof Visitor>[]);
  const resolve = (path: readonly string[]) => (path.at(-1) === "validate_aid" ? () => "Far" : meet);
  const far = await serve("tcp://127.0.0.1:0", { resolve }, { types: [DATE_TIME] });
  open.push(far);
  const visited = home.call("visitor", "visit", [`${far.address}/far`]);
  await home.advance(1);
  expect(await visited).toBe(2);
  const pings = async () => {
    await home.advance(home.clock.time() + 1);
    return [visitor.pings, friend.pings];
  };
  await expect.poll(pings, { timeout: 20_000 }).toEqual([1, 1]);
});
