import { readdirSync, readFileSync } from "node:fs";
import { Federate, type FederateOptions } from "cosimas/helics";
import { describe, expect, it } from "vitest";
import { helicsEnvironment, startBroker } from "../support/helics.ts";

/** On which processors the threads of HELICS run, and that those of the agents' program go on to run on all. */
const environment = await helicsEnvironment();
const reason = environment.reason ?? (process.platform === "linux" ? undefined : "threads are asked of Linux");

interface Thread {
  readonly pid: number;
  readonly id: string;
  /** As Linux writes them: `0-3,8`. */
  readonly processors: string;
}

function threadsOf(pid: number): Thread[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const status = readFileSync(`/proc/${pid}/task/${id}/status`, "utf8");
    return { pid, id, processors: /^Cpus_allowed_list:\s+(.*)$/m.exec(status)![1]! };
  });
}

function childrenOf(pid: number): number[] {
  const all = threadsOf(pid).map(({ id }) => readFileSync(`/proc/${pid}/task/${id}/children`, "utf8"));
  return all.join(" ").trim().split(/\s+/).filter(Boolean).map(Number);
}

/** Threads that a federate has brought with it, in this process and in one that it has started. */
async function threadsOfFederate(options: FederateOptions): Promise<Thread[]> {
  const before = threadsOf(process.pid).map(({ id }) => id);
  const children = childrenOf(process.pid);
  const broker = await startBroker(environment, 1, { coreType: options.coreType ?? "zmq" });
  const own = { library: environment.library!, broker: broker.address };
  const federate = await Federate.join(
    "alone",
    { ...own, ...options },
    { publications: [], inputs: [], endpoints: [] },
  );
  try {
    const started = childrenOf(process.pid).filter((pid) => !children.includes(pid) && pid !== broker.child.pid);
    const threads = [process.pid, ...started].flatMap(threadsOf).filter(({ id }) => !before.includes(id));
    await federate.initialize();
    return threads;
  } finally {
    await federate.leave();
    await broker.ended;
  }
}

describe.skipIf(reason !== undefined)(
  `HELICS: processors${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const own = () => threadsOf(process.pid).find(({ id }) => id === String(process.pid))!.processors;

    it.each([
      ["inline", {}, true],
      ["inline", { helicsAffinity: "all" }, false],
      ["inline", { coreType: "zmqss" }, false],
      ["process", {}, true],
      ["process", { helicsAffinity: "all" }, false],
      ["process", { coreType: "tcpss" }, true],
    ] as const)("of HELICS' threads: %s, %j", async (helicsIsolation, options, isOne) => {
      const all = own();
      const threads = await threadsOfFederate({ helicsIsolation, ...options });
      const kept = threads.filter(({ processors }) => processors !== all);
      if (!isOne || /^\d+$/.test(all)) return expect(kept).toEqual([]);
      // Those of its core and of its network.
      expect(kept.length).toBeGreaterThanOrEqual(2);
      for (const { processors } of kept) expect(processors).toMatch(/^\d+$/);
      expect(new Set(kept.map(({ processors }) => processors)).size).toBe(1);
      // That which joined runs on all again, unless its process is for HELICS alone.
      expect(threads.length).toBeGreaterThan(kept.length);
      expect(kept.some(({ id, pid }) => id === String(pid))).toBe(helicsIsolation === "process");
      expect(own()).toBe(all);
      return undefined;
    });
  },
);
