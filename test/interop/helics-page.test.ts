import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Broker, helicsEnvironment, type Started, start, startBroker, startPartner } from "../support/helics.ts";
import { expectToldWhy } from "../support/helics-faults.ts";
import { PageClient, ROOT } from "../support/page-run.ts";

/** The page and the metrics of a federate by the command line, in a real federation. */
const environment = await helicsEnvironment();
const { reason } = environment;

const FIXTURE = join(ROOT, "test/interop/fixtures/follower-federate.ts");

function federate(broker: Broker, ...options: readonly string[]): Started {
  const node = ["--conditions=cosimas:source", "--import", "tsx", join(ROOT, "src/cli/main.ts"), "federate", FIXTURE];
  return start(process.execPath, [
    ...node,
    ...["--broker", broker.address, "--library", environment.library!, "--timeout", "60"],
    ...options,
  ]);
}

async function pageOf(agents: Started): Promise<PageClient> {
  await agents.line(/^page: \S+\n/m);
  return PageClient.open(/^page: (\S+)$/m.exec(agents.output())![1]!);
}

describe.skipIf(reason !== undefined)(`HELICS: the page${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("holds the federate's next request of time, and goes on; metrics are served", async () => {
    const broker = await startBroker(environment, 2);
    const agents = federate(broker, "--until", "6", "--watch", "--paused", "--metrics", "0");
    const client = await pageOf(agents);
    const meter = startPartner(environment, broker, "meter", { until: 6 });
    await client.until(() => client.frame?.phase === "paused");
    expect(client.info).toMatchObject({ source: "live", title: FIXTURE, controls: "full" });
    expect(client.info!.note).toContain("pause holds back only our next request of time");
    const [, port] = /^metrics: http:\/\/127\.0\.0\.1:(\d+)\/metrics$/m.exec(agents.output())!;
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('cosimas_phase{phase="paused"} 1');
    // The meter is not granted more than the next second while the federate is held.
    expect(meter.output()).not.toContain("granted 2 ");
    await client.ask({ do: "step" });
    await client.until(() => client.frame?.phase === "paused" && client.frame.ticks === 1_000_000);
    await client.ask({ do: "run" });
    expect(await agents.ended, agents.output()).toBe(0);
    expect(agents.output()).toMatch(
      /the federate has left at 5\.000001 s after 6 grants and 6 steps, trace hash [0-9a-f]{16}/,
    );
    expect(await meter.ended).toBe(0);
  });

  it("does not change the trace", async () => {
    const hashes: string[] = [];
    for (const options of [[], ["--watch"]]) {
      const broker = await startBroker(environment, 2);
      startPartner(environment, broker, "meter", { until: 6 });
      const agents = federate(broker, "--until", "6", ...options);
      expect(await agents.ended, agents.output()).toBe(0);
      hashes.push(/trace hash ([0-9a-f]{16})/.exec(agents.output())![1]!);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  it("is left by Ctrl-C while it is held, and the others are told", async () => {
    const broker = await startBroker(environment, 2);
    const agents = federate(broker, "--watch", "--paused");
    const client = await pageOf(agents);
    const meter = startPartner(environment, broker, "meter", { until: 1e6 });
    await client.until(() => client.frame?.phase === "paused");
    agents.child.kill("SIGINT");
    expect(await agents.ended).toBe(130);
    await expectToldWhy(meter, broker, /the program of this federate has ended/);
  });

  it("is refused what makes no sense", async () => {
    const program = [join(ROOT, "src/cli/main.ts"), "federate", FIXTURE, "--paused"];
    const refused = start(process.execPath, ["--conditions=cosimas:source", "--import", "tsx", ...program]);
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toMatch(/--paused holds a run for its page: add --watch/);
  });
});
