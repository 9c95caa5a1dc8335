import { join } from "node:path";
import { Federate, findLibrary } from "cosimas/helics";
import { describe, expect, it } from "vitest";
import { helicsEnvironment, startBroker } from "../support/helics.ts";
import { expectTrade } from "../support/helics-trade.ts";
import { packageFolder, pythonEnvironment } from "../support/python.ts";

/** Real libraries of other versions, from the wheels of the Python package, with brokers and federates in Python of theirs. */
const environment = await helicsEnvironment();

async function libraryOf(set: string): Promise<string> {
  const { python, reason } = await pythonEnvironment(set);
  if (python === undefined) throw new Error(reason);
  return findLibrary(join(packageFolder(python, "helics"), "install/lib64/libhelics.so.3"));
}

const nothing = { publications: [], inputs: [], endpoints: [] };

describe.skipIf(environment.reason !== undefined)(
  `HELICS: versions${environment.reason === undefined ? "" : ` (skipped: ${environment.reason})`}`,
  () => {
    it("before 3.4 are refused, without a broker", async () => {
      const joined = Federate.join("agents", { library: await libraryOf("helics-3-3") }, nothing);
      await expect(joined).rejects.toMatchObject({
        name: "HelicsError",
        code: "ERR_HELICS_VERSION",
        federate: "agents",
      });
      await expect(joined).rejects.toThrow(
        /federate "agents": the library is HELICS 3\.3\.2.*; HELICS 3\.4 or newer of version 3 is needed: run `pip install helics`/,
      );
    });

    it.each([
      ["3.4", "helics-3-4", "inline"],
      ["3.4", "helics-3-4", "process"],
      ["3.5", "helics-3-5", "inline"],
      ["3.5", "helics-3-5", "process"],
    ] as const)(
      "%s (%s): a federation has values and messages both ways, %s",
      async (version, set, helicsIsolation) => {
        const older = await helicsEnvironment(set);
        expect(older.reason).toBeUndefined();
        // A library of another minor version than the broker's would be refused.
        const { output } = await expectTrade(older, await startBroker(older, 2), { helicsIsolation });
        expect(output).toMatch(`HELICS ${version}.`);
      },
    );

    it("of another minor version than the broker's are refused, with both", async () => {
      const library = await libraryOf("helics-3-5");
      const broker = await startBroker(environment, 1);
      const joined = Federate.join("agents", { library, broker: broker.address, connectTimeoutMs: 20_000 }, nothing);
      await expect(joined).rejects.toMatchObject({
        name: "HelicsError",
        code: "ERR_HELICS_VERSION",
        federate: "agents",
      });
      await expect(joined).rejects.toThrow(
        /the library is HELICS 3\.5\.0.*, the broker \(zmq at tcp:.*\) is HELICS "?3\.6\.1.*install one minor version of HELICS/,
      );
    });
  },
);
