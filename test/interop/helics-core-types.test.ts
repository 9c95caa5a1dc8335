import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CoreType, Federate, type FederateOptions } from "cosimas/helics";
import { describe, expect, it } from "vitest";
import { helicsEnvironment, startBroker } from "../support/helics.ts";
import { failureOf, START_MS } from "../support/helics-faults.ts";
import { federateProgram } from "../support/helics-program.ts";
import { expectTrade } from "../support/helics-trade.ts";

/** Each way of HELICS to reach a broker, between processes of ours and of Python; and what is refused, with what to give. */
const environment = await helicsEnvironment();
const { reason } = environment;

/** A federate "a" with a publication of text, an endpoint, and an input from "b"; and the reverse. */
function joinAs(name: string, peer: string, options: FederateOptions): Promise<Federate> {
  const own = { library: environment.library!, periodS: 1, connectTimeoutMs: 30_000 };
  return Federate.join(
    name,
    { ...own, ...options },
    {
      publications: [{ key: `${name}/x`, type: "string" }],
      inputs: [{ key: "x", target: `${peer}/x`, type: "string" }],
      endpoints: [{ name: `${name}/e` }],
    },
  );
}

/** A core that was ended while it looked for its broker leaves its queue. */
function removeQueues(prefix: string): void {
  if (process.platform !== "linux") return;
  for (const file of readdirSync("/dev/shm")) if (file.startsWith(prefix)) rmSync(join("/dev/shm", file));
}

const refusals: readonly (readonly [what: string, FederateOptions, code: string, text: RegExp])[] = [
  [
    "mpi, which the library lacks",
    { coreType: "mpi" },
    "ERR_HELICS_CORE_TYPE",
    /the library has no core type "mpi"; it has zmq, .*ipc, inproc; for mpi HELICS has to be built with it/,
  ],
  [
    "ipc with an address",
    { coreType: "ipc", broker: "127.0.0.1:23404" },
    "ERR_HELICS_CORE_TYPE",
    /option broker is the name of the broker's queue and no address, got "127.0.0.1:23404"; start `helics_broker --coretype=ipc --local_interface=NAME` and give NAME/,
  ],
  [
    "ipc by another name in HELICS' configuration",
    { configuration: { core_type: "InterProcess" }, broker: "tcp://127.0.0.1" },
    "ERR_HELICS_CORE_TYPE",
    /option broker is the name of the broker's queue/,
  ],
  [
    "inproc in a process of its own",
    { coreType: "inproc", broker: "main" },
    "ERR_HELICS_CORE_TYPE",
    /inproc reaches a broker of its own process only.*"--autobroker".*core type ipc on one machine, zmq on several/,
  ],
  [
    "a queue of ipc that nobody has",
    { coreType: "ipc", broker: "cosimas_test_nobody", connectTimeoutMs: 500 },
    "ERR_HELICS_BROKER",
    /no answer from the broker \(ipc at cosimas_test_nobody\) within 500 ms; .*`helics_broker --coretype=ipc --local_interface=cosimas_test_nobody`/,
  ],
];

describe.skipIf(reason !== undefined)(
  `HELICS: core types${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    it.each([
      ["ipc", "inline"],
      ["ipc", "process"],
      ["tcp", "inline"],
      ["udp", "process"],
      ["zmqss", "inline"],
      ["tcpss", "process"],
    ] as const)("%s carries values and messages both ways, %s", async (coreType, helicsIsolation) => {
      await expectTrade(environment, await startBroker(environment, 2, { coreType }), { helicsIsolation });
    });

    it.each(refusals)("refuses %s, in time and with what to give", async (_what, options, code, text) => {
      const name = `cosimas_test_${process.pid}`;
      const { error, ms } = await failureOf(joinAs(name, "b", options));
      removeQueues(`${name}_core_`);
      expect(error).toMatchObject({ name: "HelicsError", code, federate: name });
      expect(error.message).toMatch(text);
      expect(ms).toBeLessThan(START_MS + (options.connectTimeoutMs ?? 0));
    });

    it("inproc names a broker that its program has not, inline", async () => {
      const broker = { address: "main", coreType: "inproc" } as const;
      const setup = { helicsIsolation: "inline", connectTimeoutMs: 500 } as const;
      const run = federateProgram(environment, { agents: "follower", broker, entity: { model: "Follower" }, setup });
      await expect(run).rejects.toMatchObject({ code: "ERR_HELICS_BROKER", message: /inproc at main.*"--autobroker"/ });
    });

    it("inproc runs with a broker that its core makes", async () => {
      const alone = await joinAs("a", "a", { coreType: "inproc", coreInit: "--autobroker" });
      try {
        await alone.initialize();
        await alone.execute();
        const out = { publish: [[0, "x"]], send: [{ endpoint: 0, to: "a/e", data: "hello" }] } as const;
        const grants = [await alone.requestTime(1, out), await alone.requestTime(2)];
        expect(grants.flatMap(({ inputs }) => inputs)).toEqual([[0, "x"]]);
        const texts = grants.flatMap(({ messages }) => messages.map(({ data }) => Buffer.from(data).toString()));
        expect(texts).toEqual(["hello"]);
      } finally {
        await alone.leave();
      }
    });

    // The longest that goes through, so that nothing is refused that HELICS would carry; the rest is header and names.
    it.each([
      ["ipc", 4096, ""],
      ["tcp", 4096, ""],
      ["tcp", 9000, "--maxsize=9000"],
      ["udp", 10_192, "--maxsize=20000"],
    ] as const)(
      "%s carries nearly %i bytes, and refuses more before anything is lost",
      async (coreType, bytes, coreInit) => {
        const broker = await startBroker(environment, 2, { coreType, options: coreInit === "" ? [] : [coreInit] });
        const options = { coreType: coreType as CoreType, broker: broker.address, coreInit };
        // One after the other: over tcp HELICS may not find its broker when two join at once.
        const a = await joinAs("a", "b", options);
        const b = await joinAs("b", "a", options);
        try {
          await Promise.all([a.initialize(), b.initialize()]);
          await Promise.all([a.execute(), b.execute()]);
          const longest = "x".repeat(bytes - 100);
          const out = { publish: [[0, longest]], send: [{ endpoint: 0, to: "b/e", data: longest }] } as const;
          const [, first] = await Promise.all([a.requestTime(1, out), b.requestTime(1)]);
          const [, second] = await Promise.all([a.requestTime(2), b.requestTime(2)]);
          const got = [first, second];
          expect(got.flatMap(({ inputs }) => inputs.map(([, text]) => (text as string).length))).toEqual([bytes - 100]);
          expect(got.flatMap(({ messages }) => messages.map(({ data }) => data.length))).toEqual([bytes - 100]);
          const tooLong = "x".repeat(bytes - 50);
          const refused = { name: "HelicsError", code: "ERR_HELICS_SIZE", federate: "a", timeS: 2 };
          await expect(a.putOut({ publish: [[0, tooLong]], send: [] })).rejects.toMatchObject({
            ...refused,
            message: new RegExp(
              `publication "a/x" takes ${bytes - 50} bytes, and the core carries ${bytes}.*core type zmq`,
            ),
          });
          const message = { endpoint: 0, to: "b/e", data: tooLong };
          await expect(a.putOut({ publish: [], send: [message] })).rejects.toMatchObject({
            ...refused,
            message: /from "a\/e" to "b\/e"/,
          });
          // Both have gone on, and leave in order.
        } finally {
          await Promise.all([a.leave(), b.leave()]);
        }
        expect(await broker.ended).toBe(0);
      },
    );
  },
);
