/**
 * What all peers of `npm run bench -- rpc` have in common: a server process that says its address, and a client process
 * that makes calls when it is told to. Both speak lines of JSON on standard input and output. Node runs it as it is, for
 * peers whose packages are found beside them alone.
 */
import { createInterface } from "node:readline";

/** @returns {number} CPU microseconds of this process, all threads together. */
function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/**
 * The method that every peer serves.
 *
 * @param {number} kw
 */
export const offer = (kw) => kw + 1;

/**
 * Be the server: say the address, then the CPU time whenever asked; end with standard input.
 *
 * @param {string} address
 * @returns {Promise<never>}
 */
export async function serving(address) {
  say({ address });
  for await (const _line of createInterface({ input: process.stdin })) say({ cpuUs: cpuUs() });
  process.exit(0);
}

/**
 * Be the client: for each line `{ calls, width }` make so many calls, `width` of them in flight, and say what it cost.
 *
 * @param {(kw: number) => Promise<number>} call - One remote call of `offer`.
 * @returns {Promise<never>}
 */
export async function calling(call) {
  /** @param {number} calls */
  const lane = async (calls) => {
    for (let i = 0; i < calls; i++) if ((await call(i)) !== i + 1) throw new Error("the work was not done");
  };
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    /** @type {{ calls: number, width: number }} */
    const { calls, width } = JSON.parse(line);
    const [cpu, start] = [cpuUs(), performance.now()];
    await Promise.all(Array.from({ length: width }, () => lane(calls / width)));
    say({ calls, wallMs: performance.now() - start, cpuUs: cpuUs() - cpu });
  }
  process.exit(0);
}

/**
 * The client of a floor, whose frames have a number and a value: make calls, each answered by the frame with its number.
 *
 * @param {(answered: (id: number, value: number) => void) => (id: number, value: number) => void} open - Gets what takes
 *   each answer, returns what sends a call.
 * @returns {Promise<never>}
 */
export function callingByNumber(open) {
  /** @type {Map<number, (value: number) => void>} */
  const waiting = new Map();
  let calls = 0;
  const send = open((id, value) => {
    /** @type {(value: number) => void} */ (waiting.get(id))(value);
    waiting.delete(id);
  });
  return calling((kw) => {
    const id = calls++ >>> 0;
    send(id, kw);
    return new Promise((resolve) => waiting.set(id, resolve));
  });
}
