import { createHash } from "node:crypto";

/** Bytes of a link: enough to find accidents and careless edits, few enough to stand in each batch. */
export const LINK_BYTES = 8;

/** A chain of hashes: each link covers its batch and the link before it, the first one the run's header. */
export class RunChain {
  #link: Uint8Array;

  /** @param header - The header's JSON text as it stands in the file. */
  constructor(header: string) {
    this.#link = createHash("sha256").update(header).digest().subarray(0, LINK_BYTES);
  }

  /** Add a batch. @returns The link that covers it. */
  add(batch: Uint8Array): Uint8Array {
    this.#link = this.next(batch);
    return this.#link;
  }

  /** The link that would cover `batch` if it were added. */
  next(batch: Uint8Array): Uint8Array {
    return createHash("sha256").update(this.#link).update(batch).digest().subarray(0, LINK_BYTES);
  }

  /** The last link in hexadecimal digits. */
  hex(): string {
    return Buffer.from(this.#link).toString("hex");
  }
}
