/** Simulators for a master in another process, each on a port of its own: a line `{count}` is answered with addresses. */
import { createInterface } from "node:readline";
import { listen } from "./world-relay.ts";

const WAIT_MS_MAX = 60_000;

for await (const line of createInterface({ input: process.stdin })) {
  const { count } = JSON.parse(line) as { count: number };
  const addresses = await Promise.all(Array.from({ length: count }, () => listen(WAIT_MS_MAX)));
  process.stdout.write(`${JSON.stringify({ addresses })}\n`);
}
