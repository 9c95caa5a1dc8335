import type { Container } from "../../src/agent/index.ts";

/** Advance a container second by second, as a simulator of its own would, until `work` is done. */
export async function whileAdvancing<T>(container: Container, work: Promise<T>): Promise<T> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => {});
  while (!done) {
    await container.advance(container.clock.time() + 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}
