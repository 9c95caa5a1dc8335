import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { open } from "../../../src/channel/index.ts";
import { router, serve } from "../../../src/rpc/index.ts";

/** What peers must never reach, however they spell it. */
const FORBIDDEN = [
  ...["constructor", "__proto__", "prototype", "toString", "toLocaleString", "valueOf", "hasOwnProperty"],
  ...["isPrototypeOf", "propertyIsEnumerable", "__defineGetter__", "__defineSetter__", "__lookupGetter__"],
  ...["__lookupSetter__", "then", "catch", "finally", "toJSON", "inspect", "call", "apply", "bind", "caller", "callee"],
  ...["arguments", "length", "name", "exposed", "services", "parameters", "secret", "hidden", "getter", "_private"],
  ...["#private", "inherited", "static", "get", "set", "has", "delete", "clear", "keys", "values", "entries"],
  ...["resolve", "serviceAt", "pathOf", "eval", "Function", "require", "process", "globalThis", "import", ""],
] as const;

/** What a peer called that it must not call. */
const executed: string[] = [];

class Base {
  inherited(): void {
    executed.push("inherited");
  }
}

class Guarded extends Base {
  static readonly exposed = ["ping"] as const;
  static static(): void {
    executed.push("static");
  }
  #private(): void {
    executed.push("#private");
  }
  readonly secret = () => executed.push("secret");
  get getter(): unknown {
    executed.push("getter");
    return () => this.#private();
  }
  set name(_value: unknown) {
    executed.push("set name");
  }
  _private(): void {
    executed.push("_private");
  }
  hidden(): void {
    executed.push("hidden");
  }
  ping(): string {
    return "pong";
  }
}

class Root extends Guarded {
  static readonly services = ["field", "map"] as const;
  readonly field = new Guarded();
  readonly map = new Map([["entry", new Guarded()]]);
}

/** Asks without any of our own client: `[path, args, kwargs]` as a hostile peer writes it. */
async function asker(): Promise<(path: string, args?: unknown[]) => Promise<unknown>> {
  const server = await serve("tcp://127.0.0.1:0", router({ sub: router({ deep: new Guarded() }) }, new Root()));
  const channel = await open(server.address);
  // Paths that begin with ~ come back to whoever asked.
  channel.serve((request) => request.fail(Object.assign(new Error("at home"), { code: "ERR_RPC_NOT_FOUND" })));
  onTestFinished(async () => {
    await channel.close();
    await server.close();
  });
  return (path, args = []) => channel.request([path, args, {}]);
}

function expectNothingTold(error: Error & { code?: string }): void {
  expect(error.code).toMatch(/^ERR_RPC_NOT_(FOUND|EXPOSED)$/);
  expect(error.message).not.toMatch(/\n|\bat .*:\d+:\d+|node:|src\/rpc/);
  expect(error.message.length).toBeLessThan(300);
}

describe("a forbidden name", () => {
  it("is one of fifty and more", () => {
    expect(new Set(FORBIDDEN).size).toBeGreaterThanOrEqual(50);
  });

  it.each(["", "field/", "map/entry/", "sub/deep/", "ping/", "$1/", "~/"])("below %j leads nowhere", async (below) => {
    const ask = await asker();
    for (const name of FORBIDDEN) {
      for (const path of [below + name, `${below}${name}/ping`, `${below}${name}/call`, `${below}${name}/${name}`]) {
        const answer = await ask(path, ["x", 1]).catch((error: Error) => error);
        expect(answer, path).toBeInstanceOf(Error);
        expectNothingTold(answer as Error);
      }
    }
    expect(executed).toStrictEqual([]);
    expect(await ask("ping")).toBe("pong");
    expect(Object.keys(Object.prototype)).toStrictEqual([]);
  });
});

describe("any path", () => {
  const allowed = new Set(["ping", "field/ping", "map/entry/ping", "sub/deep/ping"]);
  const word = fc.constantFrom("ping", "field", "map", "entry", "sub", "deep", "$1", "~", "..", ".", ...FORBIDDEN);
  const part = fc.oneof({ weight: 4, arbitrary: word }, fc.string({ unit: "grapheme", maxLength: 12 }));
  const path = fc.array(part, { maxLength: 10 }).map((parts) => parts.join("/"));

  it("calls what is exposed or nothing, 5,000 times", async () => {
    const ask = await asker();
    await fc.assert(
      fc.asyncProperty(path, async (asked) => {
        const answer = await ask(asked, [{ a: 1 }]).catch((error: Error) => error);
        if (allowed.has(asked)) expect(answer).toBe("pong");
        else expectNothingTold(answer as Error);
      }),
      { numRuns: 5000 },
    );
    expect(executed).toStrictEqual([]);
    expect(await ask("map/entry/ping")).toBe("pong");
  });
});
