import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { channelSuite } from "../support/channel-suite.ts";
import { memory, over } from "../support/connected.ts";
import { transportSuite } from "../support/transport-suite.ts";

const certificates = await makeCertificates();
const folder = await mkdtemp(join(tmpdir(), "cosimas-ipc-"));
afterAll(async () => {
  await certificates.remove();
  await rm(folder, { recursive: true });
});

const TRANSPORTS = [
  ["memory", memory],
  ["a local queue", over("local://suite")],
  ["TCP", over("tcp://127.0.0.1:0")],
  ["TCP over IPv6", over("tcp://[::1]:0")],
  ["TCP after a hello", over("tcp://127.0.0.1:0", { hello: { token: "secret" } })],
  ["TCP with a heartbeat", over("tcp://127.0.0.1:0", { hello: { heartbeat: true } })],
  ["a Unix socket", over(`ipc://${join(folder, "suite")}`)],
  ["TLS", over("tls://127.0.0.1:0", { tls: certificates.good })],
  ["TLS at a tcp address", over("tcp://127.0.0.1:0", { tls: certificates.good, hello: { token: "secret" } })],
  ["WebSocket", over("ws://127.0.0.1:0")],
  ["WebSocket over TLS", over("wss://127.0.0.1:0", { tls: certificates.good })],
] as const;

for (const [name, connect] of TRANSPORTS) {
  channelSuite(name, connect);
  transportSuite(name, connect);
}
