import type { AgentClass } from "../agent/agent.ts";
import type { Delivery } from "./delivery.ts";
import type { AgentRecord } from "./record.ts";
import type { Birth } from "./round.ts";

/**
 * Where a container that is one of several hands what is not for its own agents. Whatever passes here arrives at the
 * same tag, in the same order and with the same value as it would in this container.
 */
export interface Transit {
  /** Whether the agent `id` lives, or would live, in another container. */
  isElsewhere(id: string): boolean;
  /** Take a message to such an agent, due at `ticks`. */
  send(ticks: number, delivery: Delivery): void;
  /**
   * Take the birth, at `ticks`, of an agent that is to live in another container.
   *
   * @returns False if it is to live in this one.
   * @throws AgentError `ERR_AGENT_CLASS` if the other containers do not know `type`, wherever the agent is to live.
   */
  bear(birth: Birth, type: AgentClass, args: readonly unknown[], ticks: number): boolean;
  /** Take the answer to a call from outside. */
  answer(seq: number, ok: boolean, content: unknown): void;
  /** An agent has failed, perhaps between two advances. */
  failed(): void;
  /** Drop what `sender`, which could not be made, has sent. */
  forget(sender: AgentRecord): void;
}
