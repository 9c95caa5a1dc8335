import { RpcError } from "../errors.ts";
import type { Resolver } from "./resolver.ts";

/** In front of the number of a service that was passed and stands nowhere in what is served; no name begins so. */
export const PASSED = "$";

/** A service that one side of a connection has passed and keeps for the other. */
export interface PassedService {
  /** Path under which the peer calls it: `$1`. */
  readonly id: string;
  readonly service: object;
  readonly resolver: Resolver;
  /** References sent and not released. */
  references: number;
}

/** The services that one side of a connection keeps for the other: each once, with an id that is never used again. */
export class PassedServices {
  readonly #peer: string;
  readonly #max: number;
  readonly #byId = new Map<string, PassedService>();
  readonly #byService = new Map<object, PassedService>();
  #lastId = 0;

  /** @param max - Services kept at a time. */
  constructor(peer: string, max: number) {
    this.#peer = peer;
    this.#max = max;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): PassedService | undefined {
    return this.#byId.get(id);
  }

  /** Count one more reference. @returns The id. @throws RpcError `ERR_RPC_PASSED_SERVICES`. */
  pass(service: object, resolver: () => Resolver): string {
    let passed = this.#byService.get(service);
    if (passed === undefined) {
      if (this.#byId.size >= this.#max) {
        const message = `passedServicesMax = ${this.#max} services are kept for ${this.#peer}, which releases none`;
        throw new RpcError("ERR_RPC_PASSED_SERVICES", message, { peer: this.#peer });
      }
      passed = { id: `${PASSED}${++this.#lastId}`, service, resolver: resolver(), references: 0 };
      this.#byId.set(passed.id, passed);
      this.#byService.set(service, passed);
    }
    passed.references++;
    return passed.id;
  }

  /** The peer needs `count` references no more; what it sends is not trusted. */
  release(id: unknown, count: unknown): void {
    const passed = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (passed === undefined || typeof count !== "number" || !(count > 0)) return;
    passed.references -= count;
    if (passed.references <= 0) this.revoke(passed.service);
  }

  /** @returns Whether it was kept. */
  revoke(service: object): boolean {
    const passed = this.#byService.get(service);
    if (passed === undefined) return false;
    this.#byId.delete(passed.id);
    return this.#byService.delete(service);
  }

  clear(): void {
    this.#byId.clear();
    this.#byService.clear();
  }
}
