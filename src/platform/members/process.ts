import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { endWithUs } from "../../children.ts";
import type { Limits } from "../../limits.ts";
import { within } from "../../wall.ts";
import type { AgentModule } from "../module.ts";
import { ASSIGNMENT_VARIABLE, BOOT, bootOptions } from "../node-options.ts";
import type { Assignment } from "../protocol.ts";
import { ENDING_MS_MAX, type MemberHost } from "./remote.ts";

/** Wall time that a process has to end by itself once nobody needs it, in milliseconds; then it is killed. */
const END_MS_MAX = 2000;

/** Where a process finds its coordinator. */
export interface Meeting {
  readonly address: string;
  readonly token: string;
  /** Folder of the socket; removed by the process if it is left alone before everybody has joined. */
  readonly folder: string | undefined;
}

/**
 * Start a process that runs the container `index`. What its agents print goes where this process prints. Its standard
 * input is a pipe that nothing is written to: it ends when this process is gone, however it ended, and then so does it.
 *
 * @param execArgv - Node's options for it.
 * @param onEnd - Told how it ended.
 */
export function startProcess(
  index: number,
  module: AgentModule,
  limits: Limits,
  execArgv: readonly string[],
  { address, token, folder }: Meeting,
  onEnd: (host: string, how: string) => void,
): MemberHost {
  const assignment: Assignment = { index, module: module.url, limits, address, token };
  const boot = JSON.stringify({ ...bootOptions(module.url), folder });
  const child = spawn(process.execPath, [...execArgv, fileURLToPath(BOOT), boot], {
    env: { ...process.env, [ASSIGNMENT_VARIABLE]: JSON.stringify(assignment) },
    stdio: ["pipe", "inherit", "inherit"],
  });
  child.stdin?.on("error", () => {}); // its end is told by `exit`
  const hasEnded = endWithUs(child);
  const name = `process ${child.pid}`;
  let ending: string | undefined;
  const ended = once(child, "exit").then(
    ([code, signal]) => {
      ending = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
    },
    (error: Error) => {
      ending = `it did not start: ${error.message}`;
    },
  );
  void ended.then(() => {
    hasEnded();
    onEnd(name, ending!);
  });
  return {
    name,
    async ending() {
      await within(ended, ENDING_MS_MAX);
      return ending;
    },
    async end(now) {
      if (!now) await within(ended, END_MS_MAX);
      if (ending === undefined) child.kill("SIGKILL");
      await ended;
    },
  };
}
