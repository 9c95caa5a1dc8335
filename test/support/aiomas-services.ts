import { DATE_TIME } from "../../src/agent/simulation.ts";
import type { Channel, ValueType } from "../../src/channel/index.ts";
import { asRemote, type Remote, router, type UntypedRemote } from "../../src/rpc/index.ts";

/** The other side of `aiomas_peer.py`: the same types in the same order, and a service with what its `Root` has. */

export class Point {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

export class Temperature {
  readonly celsius: number;
  constructor(celsius: number) {
    this.celsius = celsius;
  }
}

const pointType: ValueType<Point> = {
  type: Point,
  write: ({ x, y }) => ({ x, y }),
  read(fields) {
    const { x, y } = fields as { x?: unknown; y?: unknown };
    if (typeof x !== "number" || typeof y !== "number") throw new TypeError("not a point");
    return new Point(x, y);
  },
};

const temperatureType: ValueType<Temperature> = {
  type: Temperature,
  write: ({ celsius }) => celsius,
  read(celsius) {
    if (typeof celsius !== "number") throw new TypeError("not a temperature");
    return new Temperature(celsius);
  },
};

/** As `TYPES` there. */
export const TYPES: readonly ValueType[] = [DATE_TIME, pointType, temperatureType];

class Sub {
  static readonly exposed = ["mul"] as const;
  mul(a: number, b: number): number {
    return a * b;
  }
}

export class Client {
  static readonly exposed = ["name", "double", "fail"] as const;
  name(n: number): string {
    return `Monty${n}`;
  }
  double(n: number): number {
    return 2 * n;
  }
  fail(): never {
    throw Object.assign(new RangeError("the client failed"), { code: "ERR_CLIENT" });
  }
}

class Root {
  static readonly exposed = [
    ...(["add", "none", "echo", "same", "boom", "unserializable", "never", "give", "call_name"] as const),
    ...(["keep", "call_kept", "concat"] as const),
  ];
  static readonly parameters = { add: ["a", "b"] };
  static readonly services = ["sub", "d"] as const;
  readonly sub = new Sub();
  readonly d = router({ inner: new Sub() });
  #kept: UntypedRemote | undefined;

  add(a: number, b = 2): number {
    return a + b;
  }
  none(): void {}
  echo(...values: unknown[]): unknown {
    return values;
  }
  same(value: unknown): unknown {
    return value;
  }
  concat(a: string, b: string): string {
    return `${a}-${b}`;
  }
  boom(): never {
    throw Object.assign(new RangeError("boom: all of it"), { code: "ERR_BOOM" });
  }
  unserializable(): unknown {
    return { power: () => 1 };
  }
  never(): Promise<never> {
    return new Promise(() => {});
  }
  give(): Remote<typeof Sub> {
    return asRemote<typeof Sub>(new Sub());
  }
  call_name(service: UntypedRemote, a: number, b: number): Promise<unknown> {
    return service["add"](a, b);
  }
  keep(service: UntypedRemote): void {
    this.#kept = service;
  }
  call_kept(a: number): Promise<unknown> {
    return this.#kept!["add"](a);
  }
}

export function createRoot(): Root {
  return new Root();
}

/** Answers requests as `echo` of `aiomas_peer.py` does. */
export function serveEcho(channel: Channel): void {
  channel.serve((request) => {
    if (request.content === "fail") request.fail(new RangeError("as asked"));
    else if (request.content === "ask") {
      channel.request("from Node").then(
        (reply) => request.reply(reply),
        (error) => request.fail(error),
      );
    } else request.reply(request.content);
  });
}
