import { describe, expect, expectTypeOf, it } from "vitest";
import { createProxy, type Remote } from "../../../src/rpc/index.ts";
import type { Calculator, Sub } from "./services.ts";

function recording(): { readonly calls: [string, unknown[]][]; readonly proxy: Remote<unknown> } {
  const calls: [string, unknown[]][] = [];
  const proxy = createProxy(async (path, args) => {
    calls.push([path, args]);
    return calls.length;
  });
  return { calls, proxy: proxy as Remote<unknown> };
}

describe("a proxy", () => {
  it("turns names into paths", async () => {
    const { calls, proxy } = recording();
    expect(await proxy["offer"](3)).toBe(1);
    expect(await proxy["sub"].mul(6, 7)).toBe(2);
    expect(calls).toStrictEqual([["offer", [3]], ["sub/mul", [6, 7]]]); // biome-ignore format: one line
  });

  it("makes a stub once", () => {
    const { proxy } = recording();
    expect(proxy["offer"]).toBe(proxy["offer"]);
    expect(proxy["sub"].mul).toBe(proxy["sub"].mul);
  });

  it("is no promise, and its stubs are none", async () => {
    const { calls, proxy } = recording();
    expect(await proxy).toBe(proxy);
    expect(await proxy["sub"]).toBe(proxy["sub"]);
    expect(calls).toStrictEqual([]);
  });

  it.each(["then", "toJSON", "toString", "valueOf", "constructor", "prototype", "__proto__", "a-b", "0", ""])(
    "has no method %j",
    (name) => {
      const { proxy } = recording();
      expect(proxy[name]).toBeUndefined();
      expect(proxy["sub"][name]).toBeUndefined();
    },
  );

  it("makes no calls when it is printed, compared or spread", () => {
    const { calls, proxy } = recording();
    JSON.stringify({ proxy });
    expect(String(proxy)).toBe("[remote service]");
    expect({ ...proxy }).toStrictEqual({});
    expect(Object.keys(proxy)).toStrictEqual([]);
    expect(Symbol.iterator in proxy).toBe(false);
    expect(proxy).not.toEqual({ a: 1 });
    expect(calls).toStrictEqual([]);
  });

  it("takes no assignment", () => {
    const proxy = recording().proxy as Record<string, unknown>;
    expect(() => {
      proxy["offer"] = 1;
    }).toThrow(TypeError);
    expect(() => Object.setPrototypeOf(proxy, {})).toThrow(TypeError);
    expect(() => delete proxy["offer"]).toThrow(TypeError);
  });
});

describe("Remote", () => {
  it("has the exposed methods only, each with a promise", () => {
    type R = Remote<typeof Calculator>;
    expectTypeOf<R["add"]>().toEqualTypeOf<(a: number, b: number) => Promise<number>>();
    expectTypeOf<R["aadd"]>().toEqualTypeOf<(a: number, b?: number, c?: number) => Promise<number[]>>();
    expectTypeOf<R>().not.toHaveProperty("hidden");
    expectTypeOf<R>().not.toHaveProperty("secret");
    expectTypeOf<R>().not.toHaveProperty("prototype");
  });

  it("finds services under their names", () => {
    type R = Remote<typeof Calculator & { sub: typeof Sub; d: { inner: typeof Sub } }>;
    expectTypeOf<R["sub"]["mul"]>().returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf<R["d"]["inner"]["mul"]>().returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf<R["none"]>().returns.toEqualTypeOf<Promise<void>>();
  });
});
