import { describe, expect, it } from "vitest";
import { createCodec, TypeRegistry } from "../../../src/codec/index.ts";
import { RpcError } from "../../../src/errors.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

class Other {}

/** There is one way to make it. */
class Secret {
  static readonly only = new Secret();
  private constructor() {}
}

describe.each(["msgpack", "json"] as const)("a registered type in %s", (name) => {
  const types = new TypeRegistry([{ type: Secret, write: () => "secret", read: () => Secret.only }]);
  types.add({
    type: Other,
    accepts: (value) => value instanceof Other || typeof value === "function",
    write(value) {
      if (typeof value === "function" && value.length > 0) throw new RpcError("ERR_RPC_ARGUMENTS", "too many");
      return "other";
    },
    read: () => new Other(),
  });
  const codec = createCodec(name, { limits: DEFAULT_LIMITS, types });

  it("may have a private constructor", () => {
    expect(codec.decode(codec.encode([Secret.only]))).toStrictEqual([Secret.only]);
  });

  it("may take in objects of other classes, and functions", () => {
    class Child extends Other {}
    for (const value of [new Other(), new Child(), () => 1, [() => 1][0]]) {
      expect(codec.decode(codec.encode({ value }))).toStrictEqual({ value: new Other() });
    }
    const closed = createCodec(name, { limits: DEFAULT_LIMITS });
    expect(() => closed.encode([() => 1])).toThrow(/\$\[0\]: a function cannot be sent/);
    expect(() => codec.encode(new Date(0))).toThrow(/Date cannot be sent/);
  });

  it("lets its own typed errors through", () => {
    const error = expect.objectContaining({ name: "RpcError", code: "ERR_RPC_ARGUMENTS" });
    expect(() => codec.encode([(a: number) => a])).toThrow(error);
    expect(codec.decode(codec.encode(1))).toBe(1);
  });
});
