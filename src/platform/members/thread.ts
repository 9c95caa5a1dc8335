import { MessageChannel, type ResourceLimits, Worker } from "node:worker_threads";
import { Channel, PortTransport } from "../../channel/index.ts";
import type { Limits } from "../../limits.ts";
import { within } from "../../wall.ts";
import type { AgentModule } from "../module.ts";
import { BOOT, bootOptions, type NodeOptions, threadOptions } from "../node-options.ts";
import type { ThreadAssignment } from "../protocol.ts";
import { wireOptions } from "../wire/orders.ts";
import { ENDING_MS_MAX, type MemberHost } from "./remote.ts";

/**
 * Start a thread that runs the container `index`.
 *
 * @param options - Node's options for it.
 * @param admit - Takes the connection to it.
 * @param onEnd - Told how it ended.
 * @throws RangeError for an option of Node that only a process can have.
 */
export function startThread(
  index: number,
  module: AgentModule,
  limits: Limits,
  options: NodeOptions,
  admit: (channel: Channel) => void,
  onEnd: (host: string, how: string) => void,
): MemberHost {
  const { port1, port2 } = new MessageChannel();
  const assignment: ThreadAssignment = { index, module: module.url, limits, port: port2 };
  const workerData = { ...assignment, ...bootOptions(module.url) };
  const { execArgv, resourceLimits } = threadOptions(options);
  const worker = createWorker({ workerData, transferList: [port2], resourceLimits }, execArgv, options);
  const name = `thread ${worker.threadId}`;
  let ending: string | undefined;
  worker.on("error", (error) => {
    ending = `it ended with ${error.name}: ${error.message}`;
  });
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      ending ??= `it ended with code ${code}`;
      onEnd(name, ending);
      port1.close();
      resolve();
    });
  });
  admit(new Channel(new PortTransport(port1, name), wireOptions(module.types, limits)));
  return {
    name,
    async ending() {
      await within(ended, ENDING_MS_MAX);
      return ending;
    },
    end: async () => void (await worker.terminate()),
  };
}

function createWorker(
  options: {
    workerData: unknown;
    transferList: import("node:worker_threads").MessagePort[];
    resourceLimits: ResourceLimits;
  },
  execArgv: readonly string[],
  { given }: NodeOptions,
): Worker {
  try {
    return new Worker(BOOT, { ...options, execArgv: [...execArgv] });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_WORKER_INVALID_EXEC_ARGV") throw error;
    // What this process was started with holds for all of its threads already.
    if (!given) return new Worker(BOOT, options);
    const text = `execArgv of threads: ${(error as Error).message}; an option of the whole process is given to Node itself, or to containers with isolation "process"`;
    throw new RangeError(text, { cause: error });
  }
}
