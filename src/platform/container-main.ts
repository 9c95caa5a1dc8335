/**
 * Where a process or thread starts that a platform has started: it runs one container, until the coordinator lets go of
 * it or is gone.
 */
import { isMainThread, threadId, workerData } from "node:worker_threads";
import { Channel, open, PortTransport } from "../channel/index.ts";
import { serveMember } from "./join.ts";
import { loadAgentModule } from "./module.ts";
import { ASSIGNMENT_VARIABLE } from "./node-options.ts";
import type { Assignment, ThreadAssignment } from "./protocol.ts";
import { wireOptions } from "./wire/orders.ts";

if (isMainThread) await runProcess();
else await runThread(workerData as ThreadAssignment);

async function runProcess(): Promise<never> {
  // A Ctrl-C at the terminal is for the coordinator; it ends its containers itself.
  process.on("SIGINT", () => {});
  const assignment = JSON.parse(process.env[ASSIGNMENT_VARIABLE]!) as Required<Assignment>;
  const { index, module: url, limits, address, token } = assignment;
  delete process.env[ASSIGNMENT_VARIABLE];
  try {
    const module = await loadAgentModule(url);
    const hello = { token, heartbeat: true };
    const { codec, limits: own } = wireOptions(module.types, limits);
    // The coordinator alone decides how long it waits.
    const patient = { ...own, connectTimeoutMs: limits.joinTimeoutMs };
    const channel = await open(address, { codec, limits: patient, hello });
    await serveMember(channel, module, { index, host: `process ${process.pid}` }, limits.joinTimeoutMs);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`cosimas: container ${index}: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

async function runThread({ index, module: url, limits, port }: ThreadAssignment): Promise<void> {
  const module = await loadAgentModule(url);
  const transport = new PortTransport(port, "the platform's thread");
  const channel = new Channel(transport, wireOptions(module.types, limits));
  await serveMember(channel, module, { index, host: `thread ${threadId}` }, limits.joinTimeoutMs);
}
