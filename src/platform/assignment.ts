import type { MessagePort } from "node:worker_threads";
import type { Limits } from "../limits.ts";

/** What a container that a platform starts is told at its start. */
export interface Assignment {
  readonly index: number;
  /** Module of agents. */
  readonly module: string;
  readonly limits: Limits;
  /** Where the coordinator listens; a thread has a port instead. */
  readonly address?: string;
  readonly token?: string;
}

/** What a thread gets as its data. */
export interface ThreadAssignment extends Assignment {
  readonly port: MessagePort;
}

/** Variable of the environment that tells a process its assignment, in JSON; it is not passed on. */
export const ASSIGNMENT_VARIABLE = "COSIMAS_CONTAINER";
