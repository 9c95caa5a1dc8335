import { crc32 } from "node:zlib";
import { McapChunkBuilder, McapRecordBuilder, type McapTypes } from "@mcap/core";
import { nanoseconds } from "./batch.ts";
import type { RunDisk } from "./disk.ts";
import type { RunHeader, RunSummary } from "./entry.ts";
import { compress } from "./zstd.ts";

/** A chunk is closed by the batch that takes it beyond this; so its end depends on content alone. */
export const CHUNK_BYTES = 64 * 1024;

const CHANNEL = { id: 1, schemaId: 0, topic: "run", messageEncoding: "msgpack", metadata: new Map<string, string>() };

/** The footer's checksum, its last field, and the magic bytes. */
const AFTER_CRC_BYTES = 4 + 8;

/** Opcodes of the groups of the summary. */
const OPCODE = { channel: 0x04, chunkIndex: 0x08, metadataIndex: 0x0d, statistics: 0x0b } as const;

/**
 * Writes a run file, the batches of a recorder or those that were saved from a torn file: an MCAP file of one channel, with
 * the run's header as metadata, chunks as they fill up, the summary, the index at its end.
 *
 * The library's own writer waits at each message; this one writes the library's records in the same order at once. The
 * checksums over the data and over the summary leave no byte of the file uncovered.
 *
 * Source: MCAP specification (mcap.dev/spec).
 */
export class McapWriter {
  readonly #disk: RunDisk;
  readonly #ticksPerSecond: number;
  readonly #records = new McapRecordBuilder();
  readonly #chunk = new McapChunkBuilder({ useMessageIndex: true });
  readonly #chunks: McapTypes.ChunkIndex[] = [];
  readonly #metadata: McapTypes.MetadataIndex[] = [];
  #dataCrc = 0;
  /** Number of batches so far. */
  batches = 0;
  #firstTime = 0n;
  #lastTime = 0n;

  /** @param text - The header's JSON text, which the chain of hashes begins with. */
  constructor(disk: RunDisk, { ticksPerSecond }: RunHeader, text: string) {
    this.#disk = disk;
    this.#ticksPerSecond = ticksPerSecond;
    this.#records.writeMagic();
    this.#records.writeHeader({ profile: "cosimas", library: "cosimas" });
    this.#flush();
    this.#addMetadata("run", { header: text });
  }

  #addMetadata(name: string, fields: Readonly<Record<string, string>>): void {
    const offset = BigInt(this.#disk.position);
    const length = this.#records.writeMetadata({ name, metadata: new Map(Object.entries(fields)) });
    this.#flush();
    this.#metadata.push({ name, offset, length });
  }

  /** @returns Whether the chunk was closed and written, this batch included. */
  add(data: Uint8Array, ticks: number): boolean {
    const time = nanoseconds(ticks, this.#ticksPerSecond);
    const sequence = this.batches;
    if (this.batches === 0) {
      this.#firstTime = time;
      this.#chunk.addChannel(CHANNEL);
    }
    this.#lastTime = time;
    this.batches++;
    this.#chunk.addMessage({ channelId: CHANNEL.id, sequence, logTime: time, publishTime: time, data });
    if (this.#chunk.byteLength <= CHUNK_BYTES) return false;
    this.#closeChunk();
    return true;
  }

  #closeChunk(): void {
    const { buffer, numMessages, messageStartTime, messageEndTime } = this.#chunk;
    if (numMessages === 0) return;
    const records = compress(buffer);
    const start = BigInt(this.#disk.position);
    const sizes = { compression: "zstd", uncompressedSize: BigInt(buffer.length) };
    const times = { messageStartTime, messageEndTime };
    const chunkLength = this.#records.writeChunk({ ...times, ...sizes, uncompressedCrc: crc32(buffer), records });
    const messageIndexOffsets = new Map<number, bigint>();
    let messageIndexLength = 0n;
    for (const index of this.#chunk.indices) {
      messageIndexOffsets.set(index.channelId, start + chunkLength + messageIndexLength);
      messageIndexLength += this.#records.writeMessageIndex(index);
    }
    this.#flush();
    this.#chunks.push({
      ...times,
      ...sizes,
      chunkStartOffset: start,
      chunkLength,
      messageIndexOffsets,
      messageIndexLength,
      compressedSize: BigInt(records.length),
    });
    this.#chunk.reset();
  }

  /**
   * Write the open chunk, the summary, the index and the footer; nothing may follow.
   *
   * @param link - Last link of the chain of hashes.
   */
  end(content: RunSummary, link: string): void {
    this.#closeChunk();
    this.#addMetadata("summary", { summary: JSON.stringify(content), link });
    this.#records.writeDataEnd({ dataSectionCrc: this.#dataCrc });
    this.#flush();
    const summaryStart = BigInt(this.#disk.position);
    const offsets: McapTypes.SummaryOffset[] = [];
    const group = (groupOpcode: number, write: () => void): void => {
      const before = this.#records.length;
      write();
      const groupLength = BigInt(this.#records.length - before);
      if (groupLength > 0n) offsets.push({ groupOpcode, groupStart: summaryStart + BigInt(before), groupLength });
    };
    group(OPCODE.channel, () => {
      if (this.batches > 0) this.#records.writeChannel(CHANNEL);
    });
    group(OPCODE.statistics, () => this.#records.writeStatistics(this.#statistics()));
    group(OPCODE.metadataIndex, () => {
      for (const index of this.#metadata) this.#records.writeMetadataIndex(index);
    });
    group(OPCODE.chunkIndex, () => {
      for (const index of this.#chunks) this.#records.writeChunkIndex(index);
    });
    const summaryOffsetStart = summaryStart + BigInt(this.#records.length);
    for (const offset of offsets) this.#records.writeSummaryOffset(offset);
    this.#records.writeFooter({ summaryStart, summaryOffsetStart, summaryCrc: 0 });
    this.#records.writeMagic();
    const summary = this.#records.buffer;
    const crcAt = summary.length - AFTER_CRC_BYTES;
    const view = new DataView(summary.buffer, summary.byteOffset, summary.length);
    view.setUint32(crcAt, crc32(summary.subarray(0, crcAt)), true);
    this.#disk.write(summary);
    this.#records.reset();
  }

  #statistics(): McapTypes.Statistics {
    const messageCount = BigInt(this.batches);
    return {
      messageCount,
      schemaCount: 0,
      channelCount: this.batches > 0 ? 1 : 0,
      attachmentCount: 0,
      metadataCount: this.#metadata.length,
      chunkCount: this.#chunks.length,
      messageStartTime: this.#firstTime,
      messageEndTime: this.#lastTime,
      channelMessageCounts: new Map(this.batches > 0 ? [[CHANNEL.id, messageCount]] : []),
    };
  }

  #flush(): void {
    const bytes = this.#records.buffer;
    this.#dataCrc = crc32(bytes, this.#dataCrc);
    this.#disk.write(bytes);
    this.#records.reset();
  }
}
