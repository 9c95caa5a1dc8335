/**
 * The simulator of `sums.ts` without cosimas, `bare.ts HOST:PORT`: `JSON.parse`, `JSON.stringify`, a socket, and no check of
 * anything. What it costs is the least that whole messages cost as plain objects in Node.
 */
import { connect } from "node:net";
import { CostMeter } from "./process-cost.ts";

const [host = "", port = ""] = process.argv[2]!.split(":");
const socket = connect({ host, port: Number(port), noDelay: true });
const sums = new Map<string, number>();
let cost!: CostMeter;
let chunks: Buffer[] = [];
let received = 0;

socket.on("data", (chunk: Buffer) => {
  chunks.push(chunk);
  received += chunk.length;
  for (;;) {
    if (received < 4) return;
    if (chunks[0]!.length < 4) chunks = [Buffer.concat(chunks)];
    const end = 4 + chunks[0]!.readUInt32BE(0);
    if (received < end) return;
    const bytes = Buffer.concat(chunks);
    chunks = [bytes.subarray(end)];
    received = bytes.length - end;
    answer(JSON.parse(bytes.toString("utf8", 4, end)));
  }
});

function answer([, id, [name, args]]: [number, number, [string, unknown[]]]): void {
  if (name === "stop") {
    cost.write();
    process.exit();
  }
  const text = JSON.stringify([1, id, outcome(name, args) ?? null]);
  const bytes = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
  bytes.writeUInt32BE(bytes.length - 4);
  bytes.write(text, 4);
  socket.write(bytes);
}

function outcome(name: string, args: unknown[]): unknown {
  switch (name) {
    case "init":
      cost = new CostMeter();
      return {
        api_version: "3.0",
        type: "time-based",
        models: { Sum: { public: true, params: [], attrs: ["x", "sum"] } },
      };
    case "create":
      return Array.from({ length: args[0] as number }, (_, i) => {
        sums.set(`Sum-${i}`, 0);
        return { eid: `Sum-${i}`, type: "Sum" };
      });
    case "step":
      cost.step();
      add(args[1] as Record<string, { x: Record<string, number> }>);
      return (args[0] as number) + 1;
    case "get_data":
      return values(args[0] as Record<string, string[]>);
    default:
      cost.setupDone();
      return undefined;
  }
}

function add(inputs: Record<string, { x: Record<string, number> }>): void {
  for (const eid in inputs) {
    let sum = sums.get(eid)!;
    const { x } = inputs[eid]!;
    for (const source in x) sum += x[source]!;
    sums.set(eid, sum);
  }
}

function values(asked: Record<string, string[]>): Record<string, Record<string, number>> {
  const data: Record<string, Record<string, number>> = {};
  for (const eid in asked) {
    const attrs: Record<string, number> = {};
    for (const attr of asked[eid]!) attrs[attr] = sums.get(eid)!;
    data[eid] = attrs;
  }
  return data;
}
