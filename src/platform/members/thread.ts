import { MessageChannel, Worker } from "node:worker_threads";
import { Channel, PortTransport } from "../../channel/index.ts";
import { RunError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { AgentModule } from "../agent-module.ts";
import type { ThreadAssignment } from "../assignment.ts";
import { joinOptions } from "../join.ts";
import type { Reception } from "../reception.ts";
import { BOOT, bootOptions } from "../start-node.ts";
import { ENDING_MS_MAX, within } from "../within.ts";
import type { Host } from "./remote.ts";

/**
 * Start a thread that runs the container `index`.
 *
 * @param execArgv - Node's options for it.
 */
export function startThread(
  index: number,
  module: AgentModule,
  limits: Limits,
  execArgv: readonly string[],
  reception: Reception,
): Host {
  const { port1, port2 } = new MessageChannel();
  const assignment: ThreadAssignment = { index, module: module.url, limits, port: port2 };
  const workerData = { ...assignment, ...bootOptions(module.url) };
  const worker = new Worker(BOOT, { workerData, transferList: [port2], execArgv: [...execArgv] });
  const name = `thread ${worker.threadId}`;
  let ending: string | undefined;
  worker.on("error", (error) => {
    ending = `it ended with ${error.name}: ${error.message}`;
  });
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      ending ??= `it ended with code ${code}`;
      reception.fail(new RunError("ERR_CONTAINER_START", `container ${index} (${name}) did not start: ${ending}`));
      port1.close();
      resolve();
    });
  });
  reception.welcome(new Channel(new PortTransport(port1, name), joinOptions(module, limits)));
  return {
    name,
    async ending() {
      await within(ended, ENDING_MS_MAX);
      return ending;
    },
    end: async () => void (await worker.terminate()),
  };
}
