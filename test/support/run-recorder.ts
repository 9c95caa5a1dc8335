/**
 * Records until it is killed: `run-recorder.ts PATH BATCHES_PER_STEP`. After each settled step it writes the number of
 * batches so far to stdout, in one line each, synchronously: what was printed was acknowledged.
 */
import { writeSync } from "node:fs";
import { RunWriter } from "../../src/index.ts";
import { HEADER, messages } from "./run-entries.ts";

const [path, perStep] = [process.argv[2]!, Number(process.argv[3])];
const writer = await RunWriter.open(path, HEADER);
for (let batch = 0; ; ) {
  for (let i = 0; i < perStep; i++) writer.append(messages(batch++, 30));
  await writer.settle();
  writeSync(1, `${batch}\n`);
}
