import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HEADER_BYTES } from "../../../src/channel/frames.ts";
import {
  ENVELOPE_ID_MAX,
  type Envelope,
  envelopeBytes,
  readEnvelope,
  writeEnvelope,
} from "../../../src/channel/messages.ts";
import { createCodec } from "../../../src/codec/index.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

const codec = createCodec("msgpack", { limits: DEFAULT_LIMITS });
const EDGES = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, ENVELOPE_ID_MAX];
const ids = fc.oneof(fc.constantFrom(...EDGES), fc.nat(), fc.integer({ min: 0, max: ENVELOPE_ID_MAX }));

/** What may be sent: the key `__proto__` may not. */
const contents = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));

describe("the envelope of a message", () => {
  it("is what the codec writes in front of the content", () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), ids, contents, (type, id, content) => {
        const frame = codec.encode(content, envelopeBytes(id));
        writeEnvelope(frame, type, id);
        const whole = codec.encode([type, id, content], HEADER_BYTES);
        expect(Buffer.compare(frame.subarray(HEADER_BYTES), whole.subarray(HEADER_BYTES))).toBe(0);
        const into: Envelope = { type: -1, id: -1, contentAt: -1 };
        expect(readEnvelope(frame, HEADER_BYTES, frame.length, into)).toBe(true);
        expect(into).toStrictEqual({ type, id, contentAt: envelopeBytes(id) });
      }),
    );
  });

  it("is not read from what is cut off, whatever comes behind", () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), ids, fc.nat(8), (type, id, length) => {
        const frame = new Uint8Array(40).fill(0x01);
        writeEnvelope(frame, type, id);
        const end = HEADER_BYTES + length;
        const into: Envelope = { type: -1, id: -1, contentAt: -1 };
        expect(readEnvelope(frame, HEADER_BYTES, end, into)).toBe(end > envelopeBytes(id));
      }),
    );
  });

  it("leaves other forms of the same message to the codec", () => {
    const into: Envelope = { type: -1, id: -1, contentAt: -1 };
    for (const hex of [
      "dc00030000c0",
      "93cc0000c0",
      "9300cf0000000000000001c0",
      "9300cb3ff0000000000000c0",
      "9300ffc0",
      "92",
      "",
    ]) {
      expect(readEnvelope(Buffer.from(hex, "hex"), 0, hex.length / 2, into)).toBe(false);
    }
  });
});
