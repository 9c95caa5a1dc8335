import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Federate, type FederateSetup, readConfiguration } from "cosimas/helics";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { freePort, helicsEnvironment, keptLog, start, startBroker, startPartner } from "../support/helics.ts";
import { FAULTY, FOLLOWER, type Follower, federateOne, HALF, populationOf } from "../support/helics-agents.ts";
import { endsWithOthers, expectToldWhy, failureOf, START_MS, TOLD_MS } from "../support/helics-faults.ts";

/** What goes wrong in a federation, each with real processes: a typed error within 5 s of its cause, and nothing is left. */
const environment = await helicsEnvironment();
const { reason } = environment;

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const fixture = fileURLToPath(new URL("fixtures/follower-federate.ts", import.meta.url));

const entity = { model: "Follower", inputs: { x: "meter/x" } };

const follow = (
  broker: { address: string; coreType: string },
  setup: Partial<FederateSetup> = {},
  own: object = entity,
) => federateOne<Follower>(environment, broker, populationOf(FOLLOWER), own as typeof entity, setup);

/** States of a process's threads; on a loaded machine some run on for a while after a SIGSTOP. Source: proc(5). */
function statesOf(pid: number): ReadonlySet<string> {
  const stats = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"),
  );
  return new Set(stats.map((stat) => /\) (\w)/.exec(stat)![1]!));
}

describe.skipIf(reason !== undefined)(`HELICS: faults${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-helics-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("names a broker that is not there", async () => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const { error, ms } = await failureOf(follow({ address, coreType: "zmq" }, { connectTimeoutMs: 2000 }));
    expect(error).toMatchObject({ name: "HelicsError", code: "ERR_HELICS_BROKER", federate: "agents" });
    expect(error.message).toMatch(new RegExp(`federate "agents": .*${address}.*; start the broker`));
    expect(ms).toBeLessThan(TOLD_MS);
  });

  it.each(["process", "inline"] as const)(
    "does not wait long for the answer of a frozen broker (%s)",
    async (where) => {
      const broker = await startBroker(environment, 1);
      const options = {
        library: environment.library!,
        broker: broker.address,
        helicsIsolation: where,
        silenceMs: 2000,
      };
      const federate = await Federate.join("agents", options, { publications: [], inputs: [], endpoints: [] });
      onTestFinished(() => federate.leave());
      expect(await federate.query("root", "version")).toMatch(/\d\.\d/);
      broker.child.kill("SIGSTOP");
      await vi.waitFor(() => expect(statesOf(broker.child.pid!)).toEqual(new Set(["T"])), { timeout: 20_000 });
      const startMs = performance.now();
      // Of HELICS itself it would be 15 s.
      expect(await federate.query("root", "version")).toContain("query timeout");
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS + START_MS);
    },
  );

  it("names a library that is not there, or is none", async () => {
    const broker = { address: "tcp://127.0.0.1:1", coreType: "zmq" };
    const nowhere = await failureOf(follow(broker, { library: join(folder, "libhelics.so") }));
    expect(nowhere.error).toMatchObject({ code: "ERR_HELICS_LIBRARY" });
    expect(nowhere.error.message).toMatch(/there is no file .*pip install helics/);
    writeFileSync(join(folder, "text.so"), "no library");
    const text = await failureOf(follow(broker, { library: join(folder, "text.so") }));
    expect(text.error).toMatchObject({ code: "ERR_HELICS_LIBRARY", function: "load" });
  });

  it("names a federate's name that is taken", async () => {
    const broker = await startBroker(environment, 3);
    const meter = startPartner(environment, broker, "meter", { until: 3, name: "agents" });
    // Its core has to be there first.
    const second = startPartner(environment, broker, "meter", { until: 3, name: "other" });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { error, ms } = await failureOf(follow(broker));
    expect(error).toMatchObject({ code: "ERR_HELICS_NAME", federate: "agents" });
    expect(error.message).toMatch(/name of its own/);
    expect(ms).toBeLessThan(TOLD_MS);
    meter.child.kill();
    second.child.kill();
  });

  it.each([
    [
      "a type that does not fit",
      "ERR_HELICS_TYPE",
      { kinds: "string" },
      { publication: "meter/x", type: "double" },
      /meter\/x.*string/,
    ],
    [
      "a unit that cannot be converted",
      "ERR_HELICS_UNITS",
      { unit: "MW" },
      { publication: "meter/x", units: "V" },
      /MW is not convertible to V/,
    ],
    ["a publication that nobody has", "ERR_HELICS_INTERFACE", {}, "meter/z", /meter\/z/],
  ] as const)("names %s", async (_what, code, args, x, text) => {
    const broker = await startBroker(environment, 2);
    startPartner(environment, broker, "meter", { until: 6, ...args });
    const { error, ms } = await failureOf(follow(broker, {}, { model: "Follower", inputs: { x } }));
    expect(error).toMatchObject({ code, federate: "agents" });
    expect(error.message).toMatch(text);
    expect(ms).toBeLessThan(TOLD_MS + START_MS);
  });

  endsWithOthers(environment, follow);

  it("ends the federation, with the reason, when an agent fails", async () => {
    const broker = await startBroker(environment, 2);
    const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01 });
    const run = federateOne(
      environment,
      broker,
      populationOf(FAULTY),
      { model: "Faulty", inputs: { x: "meter/x" } },
      { untilS: 1e6 },
    );
    const { error } = await failureOf(run);
    expect(error.code).toBe("ERR_BRIDGE_SIMULATOR_FAILED");
    await expectToldWhy(meter, broker, /federate "agents".*the inverter is gone/);
  });

  it.each(["process", "inline"] as const)(
    "is over, with the reason, when a federate in Python ends the federation (HELICS: %s)",
    async (helicsIsolation) => {
      const broker = await startBroker(environment, 2);
      const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01, fail_at: 20 });
      const run = follow(broker, { untilS: 1e6, helicsIsolation });
      const { error, ms } = await failureOf(run, meter.line(/granted 20 /));
      expect(error).toMatchObject({ code: "ERR_HELICS_ABORTED", federate: "agents" });
      expect(error.message).toMatch(
        /^federate "agents" at (19|20)\.\d+ s: .*the meter has melted; .*has ended the federation/,
      );
      expect(ms).toBeLessThan(TOLD_MS);
    },
  );

  it("ends the federation, with the reason, when an output does not fit its publication", async () => {
    const broker = await startBroker(environment, 2);
    const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01 });
    const outputs = { y: { type: "integer" } } as const;
    const simulator = populationOf(HALF);
    const run = federateOne(environment, broker, simulator, { model: "Half", inputs: { x: "meter/x" }, outputs });
    const { error } = await failureOf(run);
    expect(error).toMatchObject({ code: "ERR_HELICS_TYPE", federate: "agents" });
    expect(error.message).toMatch(
      /^federate "agents" at 1\.\d+ s: output a\.y is 0\.5, its publication is of type integer/,
    );
    await expectToldWhy(meter, broker, /federate "agents".*output a\.y is 0\.5/);
  });

  it.each([
    ["SIGKILL", "process"],
    ["SIGTERM", "process"],
    ["SIGKILL", "inline"],
    ["SIGINT", "inline"],
  ] as const)(
    "leaves no process when its program gets %s (HELICS: %s), and the others are told",
    async (signal, isolation) => {
      const broker = await startBroker(environment, 2);
      const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01 });
      const program = ["--conditions=cosimas:source", "--import", "tsx", main, "federate", fixture];
      const agents = start(process.execPath, [
        ...program,
        "--broker",
        broker.address,
        "--library",
        environment.library!,
        "--helics-isolation",
        isolation,
      ]);
      await meter.line(/granted 20 /);
      const children = readFileSync(`/proc/${agents.child.pid}/task/${agents.child.pid}/children`, "utf8")
        .trim()
        .split(" ");
      const startMs = performance.now();
      agents.child.kill(signal);
      const code = await meter.ended;
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS);
      const told = /federate "agents": the program of this federate has ended/;
      if (code === 1) await expectToldWhy(meter, broker, told);
      else {
        // Seen once, on a loaded machine: HELICS 3.6.1 gives a federate in Python the end of time in place of the error.
        expect([code, meter.output()]).toEqual([0, expect.stringMatching(/done\s*$/)]);
        await broker.line(told);
      }
      await agents.ended;
      const left = () => children.filter((child) => existsSync(`/proc/${child}`));
      expect(children.length).toBeGreaterThan(0);
      await expect.poll(left, { timeout: TOLD_MS }).toEqual([]);
    },
  );

  it("says what a grant waits for, and has an end", async () => {
    const broker = await startBroker(environment, 2);
    startPartner(environment, broker, "meter", { until: 10, sleep_at: 3 });
    const { log, lines } = keptLog();
    const { error } = await failureOf(follow(broker, { waitWarnMs: 500, waitMs: 1500, log }));
    expect(lines.join("\n")).toMatch(
      /warning: federate "agents" at 2\.\d+ s: the grant of 3\.\d+ s takes more than 500 ms: it waits for federate "meter", which is at 3 s/,
    );
    expect(error).toMatchObject({ code: "ERR_HELICS_TIMEOUT", federate: "agents" });
    expect(error.message).toMatch(/more than 1500 ms: it waits for federate "meter"/);
  });

  it("is told of a grant off its units once, and takes the next one", async () => {
    const broker = await startBroker(environment, 2);
    startPartner(environment, broker, "meter", { until: 6 });
    const { log, lines } = keptLog();
    const { agent } = await follow(broker, { periodS: 0.75, offsetS: 0, untilS: 4, log });
    const warnings = lines.filter((line) => /no whole number/.test(line));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/federate "agents" was granted 1\.5 s, .*its step is that of 2/);
    expect(agent.seen.map(([at]) => at)).toEqual([2, 3]);
  });

  it("is refused a configuration with keys that HELICS would pass over", () => {
    const file = join(folder, "agents.json");
    writeFileSync(file, '{"name": "agents", // the population\n "perod": 900}');
    expect(() => readConfiguration(file)).toThrow(
      /agents\.json: the federate has the key "perod".*did you mean "period"\?/,
    );
    writeFileSync(file, '{"name": "agents", "publications": [{"key": "a/y", "uint": "V"}]}');
    expect(() => readConfiguration(file)).toThrow(/publications\[0\] has the key "uint".*did you mean "unit"\?/);
    writeFileSync(file, '{"name": ');
    expect(() => readConfiguration(file)).toThrow(/agents\.json cannot be read/);
  });
});
