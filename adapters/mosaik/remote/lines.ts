import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Longest line, in characters; a longer one is told in parts. */
const LINE_CHARS_MAX = 65_536;

/** Tell every line of `stream`, which is UTF-8, without its end; also the last one, if it has none. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (rest.length <= LINE_CHARS_MAX) return;
    onLine(rest);
    rest = "";
  });
  stream.on("end", () => {
    rest += decoder.end();
    if (rest !== "") onLine(rest);
  });
}
