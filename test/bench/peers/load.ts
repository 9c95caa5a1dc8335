/**
 * What all peers of `npm run bench -- rpc` have in common: a server process that says its address, and a client process
 * that makes calls when it is told to. Both speak lines of JSON on standard input and output.
 */
import { createInterface } from "node:readline";

/** @returns CPU microseconds of this process, all threads together. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** The method that every peer serves. */
export const offer = (kw: number): number => kw + 1;

/** Be the server: say the address, then the CPU time whenever asked; end with standard input. */
export async function serving(address: string): Promise<never> {
  say({ address });
  for await (const _line of createInterface({ input: process.stdin })) say({ cpuUs: cpuUs() });
  process.exit(0);
}

/**
 * Be the client: for each line `{ calls, width }` make so many calls, `width` of them in flight, and say what it cost.
 *
 * @param call - One remote call of `offer`.
 */
export async function calling(call: (kw: number) => Promise<number>): Promise<never> {
  const lane = async (calls: number) => {
    for (let i = 0; i < calls; i++) if ((await call(i)) !== i + 1) throw new Error("the work was not done");
  };
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const { calls, width } = JSON.parse(line) as { calls: number; width: number };
    const [cpu, start] = [cpuUs(), performance.now()];
    await Promise.all(Array.from({ length: width }, () => lane(calls / width)));
    say({ calls, wallMs: performance.now() - start, cpuUs: cpuUs() - cpu });
  }
  process.exit(0);
}
