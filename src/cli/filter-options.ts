import type { Command } from "commander";
import type { EventFilter } from "../observe/index.ts";
import { parseMoment } from "./moment.ts";

/** Options by which events are chosen. */
export interface FilterOptions {
  readonly agent?: readonly string[];
  readonly method?: readonly string[];
  readonly kind?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly causedBy?: string;
}

/** Add them to a command. */
export function addFilterOptions(command: Command): Command {
  return command
    .option("--agent <id...>", "events of these agents, or of their peers")
    .option("--method <name...>", "messages and answers of these methods")
    .option("--kind <kind...>", "events of these kinds: request, reply, input, log, ...")
    .option("--from <seconds>", "events from this time on", parseMoment)
    .option("--to <seconds>", "events up to this time", parseMoment)
    .option("--caused-by <event>", "the event of this id, and all that it led to");
}

/** The filter that was asked for. */
export function filterOf({ agent, method, kind, from, to, causedBy }: FilterOptions): EventFilter {
  return {
    ...(agent && { agents: agent }),
    ...(method && { methods: method }),
    ...(kind && { kinds: kind }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(causedBy !== undefined && { causedBy }),
  };
}
