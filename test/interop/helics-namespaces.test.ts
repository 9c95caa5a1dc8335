import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helicsEnvironment, type Started, start, startBroker } from "../support/helics.ts";

/**
 * Machines of a federation as network namespaces of this one: each has a loopback of its own and a pair of virtual Ethernet
 * ports to the first, in which the root broker is. The test makes and removes them; nothing leaves this machine.
 */
const environment = await helicsEnvironment();
const root = fileURLToPath(new URL("../..", import.meta.url));
const main = `${root}src/cli/main.ts`;
const PROGRAM = [process.execPath, "--conditions=cosimas:source", "--import", "tsx", main];
const FIXTURE = fileURLToPath(new URL("fixtures/walkers-federate.ts", import.meta.url));
const TAG = `cs${process.pid}`;
const POPULATIONS = ["p0", "p1"] as const;
const ROOT = `${TAG}r`;
const PORT = 23_404;

function ip(...args: readonly string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: "pipe" });
}

const nameOf = (i: number) => `${TAG}m${i}`;

/** Address of an end of the pair between the first namespace and that of the population `i`. */
const addressOf = (i: number, end: "root" | "machine") => `10.213.${i}.${end === "root" ? 1 : 2}`;

/** Remove whatever is there of them; never fails. */
function remove(): void {
  for (const namespace of [ROOT, ...POPULATIONS.map((_, i) => nameOf(i))]) {
    try {
      for (const pid of ip("netns", "pids", namespace).split("\n").filter(Boolean))
        process.kill(Number(pid), "SIGKILL");
      ip("netns", "delete", namespace); // the pair goes with it
    } catch {
      // It was not made.
    }
  }
}

/** @returns Why there can be none; undefined if they are there. */
function make(): string | undefined {
  try {
    ip("netns", "add", ROOT);
    ip("-n", ROOT, "link", "set", "lo", "up");
    for (const i of POPULATIONS.keys()) {
      const namespace = nameOf(i);
      const [near, far] = [`${TAG}n${i}`, `${TAG}f${i}`];
      ip("netns", "add", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", ROOT, "link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace);
      ip("-n", ROOT, "address", "add", `${addressOf(i, "root")}/24`, "dev", near);
      ip("-n", namespace, "address", "add", `${addressOf(i, "machine")}/24`, "dev", far);
      ip("-n", ROOT, "link", "set", near, "up");
      ip("-n", namespace, "link", "set", far, "up");
      // Machines reach each other through the first.
      ip("-n", namespace, "route", "add", "default", "via", addressOf(i, "root"));
    }
    ip("netns", "exec", ROOT, "sysctl", "-qw", "net.ipv4.ip_forward=1");
    return undefined;
  } catch (error) {
    remove();
    return `no network namespaces here: ${(error as Error).message.trim().split("\n").at(-1)}`;
  }
}

/** Whether this machine allows it is known once it was tried. */
function reasonNot(): string | undefined {
  if (environment.reason !== undefined) return environment.reason;
  const reason = make();
  if (reason === undefined) remove();
  return reason;
}
const reason = reasonNot();

function inside(namespace: string, command: readonly string[]): Started {
  return start("ip", ["netns", "exec", namespace, ...command]);
}

function hashOf({ output }: Started): string | undefined {
  return /trace hash ([0-9a-f]{16})/.exec(output())?.[1];
}

/** `cosimas federate` of one population; `machine` is how it is reached from its broker. */
function federate(population: string, broker: string, machine?: string): string[] {
  const local = machine === undefined ? [] : ["--core-init", `--local_interface=${machine}`];
  const options = ["--library", environment.library!, "--timeout", "30", "--population", population, ...local];
  return [...PROGRAM, "federate", FIXTURE, "--broker", broker, ...options];
}

describe.skipIf(reason !== undefined)(`HELICS: machines${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  let expected: (string | undefined)[];

  beforeAll(async () => {
    const failure = make();
    if (failure !== undefined) throw new Error(failure);
  });
  afterAll(remove);

  it("have the hash of one loopback, with a broker for each machine below a root", async () => {
    const single = await startBroker(environment, 2);
    const onOne = POPULATIONS.map((population) => {
      const [command, ...args] = federate(population, single.address);
      return start(command!, args);
    });
    expect(await Promise.all(onOne.map(({ ended }) => ended)), onOne.map(({ output }) => output()).join()).toEqual([
      0, 0,
    ]);
    expected = onOne.map(hashOf);
    expect(new Set(expected).size).toBe(2);

    const [broker, ticks] = [environment.broker!, ["--coretype=zmq", "--tick=500ms", "--timeout=3s"]];
    const top = inside(ROOT, [broker, "-f", "2", `--port=${PORT}`, "--all", ...ticks]);
    const below = POPULATIONS.map((_, i) => {
      const up = [`--broker_address=tcp://${addressOf(i, "root")}:${PORT}`];
      const own = [`--local_interface=${addressOf(i, "machine")}`, `--port=${PORT + 100}`];
      return inside(nameOf(i), [broker, "-f", "1", ...own, ...up, ...ticks]);
    });
    const federates = POPULATIONS.map((population, i) => {
      const machine = addressOf(i, "machine");
      return inside(nameOf(i), federate(population, `tcp://${machine}:${PORT + 100}`, machine));
    });
    const codes = await Promise.all(federates.map(({ ended }) => ended));
    const said = [top, ...below, ...federates].map(({ output }) => output()).join("\n");
    expect(codes, said).toEqual([0, 0]);
    expect(federates.map(hashOf)).toEqual(expected);
    expect(await Promise.all([top, ...below].map(({ ended }) => ended)), said).toEqual([0, 0, 0]);
  });
});
