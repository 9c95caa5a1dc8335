import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A cosimas program of its own that serves a channel. */
export interface PeerProcess {
  readonly address: string;
  readonly child: ChildProcess;
  /** End it, whatever state it is in. */
  kill(): Promise<void>;
}

/**
 * Start `echo-peer.ts`: it answers each request with its content, except `{ busyMs }`, before whose answer it computes
 * so long, `"memory"`, to which it says how many bytes it has, and `"never"`, which it does not answer.
 */
export async function startPeer(address: string, options: object = {}): Promise<PeerProcess> {
  const script = fileURLToPath(new URL("echo-peer.ts", import.meta.url));
  const args = ["--conditions=cosimas:source", "--import", "tsx", script, address, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! });
  const [taken] = (await once(lines, "line")) as [string];
  return {
    address: taken,
    child,
    async kill(): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
