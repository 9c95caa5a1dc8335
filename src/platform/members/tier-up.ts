import { setFlagsFromString } from "node:v8";

/** Bytes of bytecode that a function runs before V8 looks whether to optimise it; V8's own bound is 67,584 (Node 20). */
const OPTION = "--interrupt-budget";
const BYTES = 20_000;
/** Major version of the last Node whose V8 is known to have it. */
const NODE_MAX = 24;

/**
 * Let V8 optimise sooner, in a process that has nothing to do but a container's rounds. Between two rounds it sleeps, so that
 * it runs little and V8 takes thousands of rounds to see what is hot: until then a round of four processes costs half as much
 * again. It is said at run time, once the process has connected: an option of V8 at its start makes the code cache of Node's
 * own modules useless, 40 to 80 ms of CPU. Whoever has chosen for himself, by Node's options, is left alone.
 */
export function tierUpSooner(): void {
  if (Number.parseInt(process.versions.node, 10) > NODE_MAX) return; // V8 would say that it does not know the option
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ").replaceAll("_", "-");
  if (!given.includes(OPTION) && !given.includes("--no-opt")) setFlagsFromString(`${OPTION}=${BYTES}`);
}
