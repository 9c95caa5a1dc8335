import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { RecordingError } from "../errors.ts";

const MAGIC = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]);
/** Opcode and length of a record. */
const FRONT_BYTES = 9;
const OPCODE = { header: 0x01, footer: 0x02, chunk: 0x06, metadata: 0x0c, dataEnd: 0x0f, last: 0x0f } as const;
const FOOTER_BYTES = 20;
/** Bytes read at a time while checksums are taken. */
const BLOCK_BYTES = 1024 * 1024;
/** Metadata and the header are read whole, so they have a bound. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** Where the parts of an MCAP file are. */
export interface McapLayout {
  /** Place and length of the content of each chunk record, in order. */
  readonly chunks: readonly (readonly [at: number, length: number])[];
  readonly metadata: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What is missing at its end; `undefined` if the file is whole. */
  readonly torn: string | undefined;
  /** Bytes behind the last whole record. */
  readonly tornBytes: number;
  /** A checksum that does not fit, and where; whoever reads on finds out more. */
  readonly damage: string | undefined;
}

/** One error for all that is wrong with bytes of a run file. */
export function damaged(path: string, what: string, cause?: unknown): RecordingError {
  return new RecordingError("ERR_RECORDING_DAMAGED", `${path}: ${what}`, { cause });
}

/** Reads at positions of a file, and fails at its end instead of giving less. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error("the file has become shorter");
    done += bytesRead;
  }
  return bytes;
}

export { readAt };

/**
 * Goes through a file once, record by record, and takes the checksums of its data and of its index. Of a file that is still
 * being written it goes as far as whole records, and later on from there.
 */
export class McapScan {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #chunks: [number, number][] = [];
  readonly #metadata = new Map<string, ReadonlyMap<string, string>>();
  #size = 0;
  /** Where the next record begins. */
  #at = 0;
  #crc = 0;
  #damage: string | undefined;
  /** The end of the data has been met. */
  #inSummary = false;
  /** A piece of the file as it was read last: a record is seldom longer. */
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Go on to the end of the file, as it is now.
   *
   * @throws RecordingError `ERR_RECORDING_DAMAGED` if it is no MCAP file, or one whose records make no sense.
   */
  async run(): Promise<McapLayout> {
    this.#size = (await this.#file.stat()).size;
    this.#block = Buffer.alloc(0);
    if (this.#at === 0) {
      const front = await this.#bytes(0, Math.min(this.#size, MAGIC.length));
      if (!front.equals(MAGIC)) throw damaged(this.#path, "is no MCAP file: its first 8 bytes are others");
      await this.#take(MAGIC.length);
    }
    for (;;) {
      const torn = await this.#torn();
      if (torn !== undefined) return this.#layout(torn);
      const [opcode, length] = await this.#front();
      if (opcode === 0 || opcode > OPCODE.last) return this.#misfit(`has an unknown record ${opcode}`);
      if (opcode === OPCODE.footer) return this.#footer(length);
      if (opcode === OPCODE.dataEnd) {
        if (this.#inSummary || length !== 4) return this.#misfit("has a second or malformed end of data");
        this.#inSummary = true;
        const crc = await this.#bytes(this.#at + FRONT_BYTES, 4);
        if (crc.readUInt32LE(0) !== this.#crc) this.#damage = `the checksum of the data does not fit`;
        this.#at += FRONT_BYTES + length;
        this.#crc = 0;
        continue;
      }
      await this.#record(opcode, length);
    }
  }

  async #record(opcode: number, length: number): Promise<void> {
    const content = this.#at + FRONT_BYTES;
    if (opcode === OPCODE.chunk) this.#chunks.push([content, length]);
    if (opcode === OPCODE.metadata) {
      if (length > TEXT_BYTES_MAX) throw damaged(this.#path, `a text of ${length} bytes at byte ${this.#at}`);
      this.#text(await readAt(this.#file, content, length));
    }
    await this.#take(FRONT_BYTES + length);
  }

  /** What is missing if the file ends within the next record. */
  async #torn(): Promise<string | undefined> {
    const left = this.#size - this.#at;
    if (left === 0) return "its index and footer are missing";
    if (left >= FRONT_BYTES) {
      const [, length] = await this.#front();
      if (length <= left - FRONT_BYTES) return undefined;
    }
    return `it ends within a record, at byte ${this.#at} of ${this.#size}`;
  }

  async #front(): Promise<readonly [opcode: number, length: number]> {
    const front = await this.#bytes(this.#at, FRONT_BYTES);
    return [front[0]!, Number(front.readBigUInt64LE(1))];
  }

  async #footer(length: number): Promise<McapLayout> {
    const rest = this.#size - this.#at - FRONT_BYTES - FOOTER_BYTES;
    if (!this.#inSummary || length !== FOOTER_BYTES || rest > MAGIC.length) {
      return this.#misfit("has a malformed footer");
    }
    if (rest < MAGIC.length) return this.#layout("its last bytes are missing");
    const bytes = await readAt(this.#file, this.#at, FRONT_BYTES + FOOTER_BYTES + MAGIC.length);
    const crcAt = FRONT_BYTES + FOOTER_BYTES - 4;
    if (crc32(bytes.subarray(0, crcAt), this.#crc) !== bytes.readUInt32LE(crcAt)) {
      this.#damage ??= "the checksum of the index does not fit";
    }
    if (!bytes.subarray(-MAGIC.length).equals(MAGIC)) this.#damage ??= "its last 8 bytes are others";
    this.#at = this.#size;
    return this.#layout(undefined);
  }

  /** Records that make no sense: the end of a torn file, or damage to one that has its end. */
  async #misfit(what: string): Promise<McapLayout> {
    return this.#layout(`it ${what} at byte ${this.#at}`);
  }

  async #layout(torn: string | undefined): Promise<McapLayout> {
    const tail = await readAt(this.#file, Math.max(0, this.#size - MAGIC.length), Math.min(this.#size, MAGIC.length));
    // A file that has its end was not torn: its records are wrong in themselves.
    const damage = torn !== undefined && this.#size > MAGIC.length && tail.equals(MAGIC) ? torn : this.#damage;
    const tornBytes = this.#size - this.#at;
    return { chunks: this.#chunks, metadata: this.#metadata, torn, tornBytes, damage };
  }

  /** Go over `length` bytes and take their checksum. */
  async #take(length: number): Promise<void> {
    const end = this.#at + length;
    while (this.#at < end) {
      const block = await this.#bytes(this.#at, 1, end - this.#at);
      this.#crc = crc32(block, this.#crc);
      this.#at += block.length;
    }
  }

  /** From `least` to `most` bytes from `at` on; valid until the next call. */
  async #bytes(at: number, least: number, most = least): Promise<Buffer> {
    let start = at - this.#blockAt;
    if (start < 0 || start + least > this.#block.length) {
      this.#block = await readAt(this.#file, at, Math.max(least, Math.min(BLOCK_BYTES, this.#size - at)));
      this.#blockAt = at;
      start = 0;
    }
    return this.#block.subarray(start, start + most);
  }

  #text(bytes: Buffer): void {
    let at = 0;
    const text = (): string => {
      const length = bytes.readUInt32LE(at);
      if (length > bytes.length - at - 4) throw damaged(this.#path, `a metadata record before byte ${this.#at} is cut`);
      at += 4 + length;
      return bytes.toString("utf8", at - length, at);
    };
    try {
      const name = text();
      const end = at + 4 + bytes.readUInt32LE(at);
      at += 4;
      const fields = new Map<string, string>();
      while (at < end) fields.set(text(), text());
      this.#metadata.set(name, fields);
    } catch (error) {
      throw damaged(this.#path, `a metadata record at byte ${this.#at} makes no sense`, error);
    }
  }
}
