/** `npm test`: the agents alone, without a simulator. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Container, ExternalClock } from "cosimas";
import { Station, Transformer } from "./agents.ts";

/** Three stations that want these powers at once: what they got, and the hash of all that happened. */
async function shared(limit_kw: number, wanted: readonly number[]): Promise<{ got: unknown[]; hash: string }> {
  const container = await Container.create({ clock: new ExternalClock(), seed: 1 });
  try {
    container.spawn(Transformer, { id: "transformer", args: [{ limit_kw }] });
    for (const [i, wanted_kw] of wanted.entries()) {
      container.spawn(Station, { id: `station-${i}`, args: [{ transformer: "transformer" }] });
      container.input(`station-${i}`, "onWish", [{ wanted_kw }]);
    }
    await container.advance(0); // until all have settled
    const request = new Map(wanted.map((_, i) => [`station-${i}`, ["p_kw"]]));
    const values = await container.read(request);
    return { got: [...values.values()].map(({ p_kw }) => p_kw), hash: container.traceHash() };
  } finally {
    await container.close();
  }
}

test("nobody gets what the transformer does not carry", async () => {
  const { got } = await shared(20, [11, 11, 11]);
  assert.deepEqual(got, [11, 9, 0]);
});

test("a run repeats", async () => {
  const [one, other] = [await shared(20, [11, 7, 5]), await shared(20, [11, 7, 5])];
  assert.equal(one.hash, other.hash);
});
