import { readdirSync, readFileSync } from "node:fs";

/** What Linux tells of other processes; elsewhere nothing, and then what is measured of them is 0. */

/** Numbers of the processes that a process has started and that have not ended. */
export function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter(Boolean).map(Number);
}

/** CPU time of processes so far, of all their threads that live, in microseconds; exact to some of them. */
export function cpuOf(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
    }
  }
  return nanoseconds / 1000;
}

/** CPU time of a process since its start, also of threads that have ended, in seconds; exact to 0.01. Source: `proc(5)`. */
export function cpuSecondsOf(pid: number): number {
  const [, fields = ""] = read(`/proc/${pid}/stat`).split(") ");
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND;
}

/** Of Linux on every processor that Node has builds for: `sysconf(_SC_CLK_TCK)`. */
const TICKS_PER_SECOND = 100;

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
