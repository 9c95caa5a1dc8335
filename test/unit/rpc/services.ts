/** The services of the recorded aiomas session `rpc`, and some mistakes that peers must not be able to use. */
export class Sub {
  static readonly exposed = ["mul"] as const;
  mul(a: number, b: number): number {
    return a * b;
  }
}

export class Calculator {
  static readonly exposed = ["add", "aadd", "none", "echo", "boom", "unserializable", "never"] as const;
  static readonly parameters = { add: ["a", "b"], aadd: ["a", "b", "c"], echo: ["x", "t"] };
  readonly secret = "own property";

  add(a: number, b: number): number {
    return a + b;
  }

  async aadd(a: number, b = 2, c = 3): Promise<number[]> {
    return [a, b, c];
  }

  none(): void {}

  echo(...values: unknown[]): unknown {
    return values;
  }

  async boom(): Promise<never> {
    throw Object.assign(new RangeError("boom"), { code: "ERR_BOOM" });
  }

  unserializable(): unknown {
    return { power: () => 1 };
  }

  never(): Promise<void> {
    return new Promise(() => {});
  }

  hidden(): string {
    return "hidden";
  }

  get getter(): string {
    throw new Error("a getter was run");
  }
}
