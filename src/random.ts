import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { Hash64 } from "./hash.ts";

/**
 * An agent's own random numbers: uniform in [0, 1), 53 bits each, seeded by the run's seed and the agent's id, so that
 * nobody else's draws change them.
 *
 * Source: xoroshiro128+ (Blackman and Vigna) of pure-rand.
 */
export function createRandom(seed: number | string, id: string): () => number {
  const hash = new Hash64();
  hash.string(String(seed));
  hash.string(id);
  const state = [hash.a, hash.b];
  hash.word(1);
  const generator = xoroshiro128plusFromState([...state, hash.a, hash.b | 1]);
  return () => uniformFloat64(generator);
}
