/**
 * Federates of ours for `npm run bench -- helics`, each a program of its own, as those of `helics_load.py`; each prints the
 * wall seconds of its steps, and how many values or messages it got.
 *
 *     helics-load.ts values WHERE LIBRARY BROKER NAME OTHER STEPS       a double out and a double in at each grant
 *     helics-load.ts messages WHERE LIBRARY BROKER NAME OTHER STEPS N   a population whose agents send N messages a grant
 *
 * WHERE is the option `helicsIsolation`.
 */
import { Federate, federatePopulation, type HelicsIsolation } from "../../../adapters/helics/index.ts";
import { Agent } from "../../../src/index.ts";

/** Agents of a population; each sends its part of the messages to its peer of the other population. */
const AGENTS = 100;

const CONNECT_MS = 60_000;

/**
 * Grants before those that count, as in Python. Until then V8 has compiled what a grant needs, and has marked what was loaded:
 * from the 2,001st on each thousand takes the same time.
 */
const FIRST = 2000;

/** Take part with several federates of this program. */
export async function values(
  helicsIsolation: HelicsIsolation,
  library: string,
  broker: string,
  names: readonly (readonly [name: string, other: string])[],
  steps: number,
): Promise<[seconds: number, got: number]> {
  const options = { helicsIsolation, library, broker, periodS: 1, uninterruptible: true, connectTimeoutMs: CONNECT_MS };
  const federates = await Promise.all(
    names.map(([name, other]) =>
      Federate.join(name, options, {
        publications: [{ key: `${name}/x`, type: "double" }],
        inputs: [{ key: "x", target: `${other}/x`, type: "double" }],
        endpoints: [],
      }),
    ),
  );
  await Promise.all(federates.map((federate) => federate.initialize()));
  await Promise.all(federates.map((federate) => federate.execute()));
  const stepped = (from: number, to: number) =>
    Promise.all(
      federates.map(async (federate) => {
        let count = 0;
        for (let step = from; step <= to; step++) {
          count += (await federate.requestTime(step, { publish: [[0, step]], send: [] })).inputs.length;
        }
        return count;
      }),
    );
  await stepped(1, FIRST);
  const startMs = performance.now();
  const got = await stepped(FIRST + 1, FIRST + steps);
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(federates.map((federate) => federate.leave()));
  if (got.some((count) => count < steps - 2)) throw new Error(`too few values came: ${got}`);
  return [seconds, got.reduce((sum, count) => sum + count, 0)];
}

let lastMs = 0;

/** Sends messages to its peer of the other population in every second. */
class Sender extends Agent {
  static override readonly exposed = ["take"] as const;
  readonly #peer: string;
  readonly #each: number;

  constructor(peer: string, each: number) {
    super();
    this.#peer = peer;
    this.#each = each;
  }

  override setup(): void {
    this.#send();
  }

  take(_value: number): void {
    lastMs = performance.now();
  }

  #send(): void {
    for (let i = 0; i < this.#each; i++) this.send(this.#peer, "take", [0.123456789 + i]);
    this.clock.callIn(1, () => this.#send());
  }
}

async function messages(
  helicsIsolation: HelicsIsolation,
  library: string,
  broker: string,
  name: string,
  other: string,
  grants: number,
  each: number,
): Promise<[seconds: number, got: number]> {
  let startMs = 0;
  const { received } = await federatePopulation({
    ...{
      helicsIsolation,
      library,
      broker,
      connectTimeoutMs: CONNECT_MS,
      delayS: 1,
      untilS: grants + 1,
      name,
      peers: [other],
    },
    log: (level, text) => {
      // The first grant; to start is no part of it.
      if (level === "trace" && startMs === 0 && typeof text === "function") startMs = performance.now();
    },
    populate(home) {
      for (let i = 0; i < AGENTS; i++) {
        home.spawn(Sender, { id: `${name}/a${i}`, args: [`${other}/a${i}`, each / AGENTS] });
      }
    },
  });
  if (received < each * (grants - 1)) throw new Error(`only ${received} messages came`);
  return [(lastMs - startMs) / 1000, received];
}

if (/helics-load\.(ts|js)$/.test(process.argv[1] ?? "")) {
  const [what, where, library, broker, name, other, steps, each] = process.argv.slice(2) as [string, ...string[]];
  const isolation = where as HelicsIsolation;
  const run =
    what === "values"
      ? values(isolation, library!, broker!, [[name!, other!]], Number(steps))
      : messages(isolation, library!, broker!, name!, other!, Number(steps), Number(each));
  const [seconds, got] = await run;
  console.log(seconds, got);
}
