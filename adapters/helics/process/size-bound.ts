import { NativeError } from "./native.ts";
import type { FederateOutput, OpenRequest, ValueTypeName } from "./protocol.ts";

/** Bytes, at most, that HELICS sends beside a value or a message and its names. Source: measured, HELICS 3.6.1: 61 for a message. */
const HEADER_BYTES = 80;

/**
 * Refuse what is longer than the core type carries, before anything of it goes out: HELICS loses it without a word (`udp`), or
 * loses the connection (`tcp`, `tcpss`, `ipc`), for which each of the others is blamed.
 *
 * @param bound - Bytes of one message of the network.
 * @throws {@link NativeError} that says which publication or endpoint it is.
 */
export function checkSizes(
  bound: number,
  { publish, send }: FederateOutput,
  { publications, endpoints }: Pick<OpenRequest, "publications" | "endpoints">,
): void {
  for (const [number, value] of publish) {
    const { key, type } = publications[number]!;
    const bytes = bytesOf(type as ValueTypeName, value);
    if (bytes + key.length + HEADER_BYTES > bound) {
      throw tooLong("helicsPublicationPublish", `the value of publication "${key}" takes ${bytes} bytes`, bound);
    }
  }
  for (const { endpoint, to, data } of send) {
    const name = endpoints[endpoint]!;
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.length;
    // HELICS sends both names twice: a filter may change them.
    if (bytes + 2 * (name.length + to.length) + HEADER_BYTES > bound) {
      throw tooLong("helicsEndpointSendBytes", `a message from "${name}" to "${to}" takes ${bytes} bytes`, bound);
    }
  }
}

function tooLong(name: string, text: string, bound: number): NativeError {
  const message = `${text}, and the core carries ${bound} with all that HELICS adds`;
  return new NativeError({ function: name, code: 0, message });
}

/** Bytes of a value as HELICS sends it. */
function bytesOf(type: ValueTypeName, value: unknown): number {
  switch (type) {
    case "string":
      return Buffer.byteLength(value as string);
    case "json":
      return Buffer.byteLength(JSON.stringify(value));
    case "vector":
      return (value as ArrayLike<number>).length * Float64Array.BYTES_PER_ELEMENT;
    case "bytes":
      return (value as Uint8Array).length;
    default:
      return 2 * Float64Array.BYTES_PER_ELEMENT; // of a complex number, the longest
  }
}
