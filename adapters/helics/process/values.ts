import type { Handle, Helics } from "./binding.ts";
import type { ValueTypeName } from "./protocol.ts";

/** Publish a value as its type says; the program has seen to it that it fits. */
export function publish(helics: Helics, publication: Handle, type: ValueTypeName, value: unknown): void {
  switch (type) {
    case "double":
      helics.publishDouble(publication, value);
      break;
    case "integer":
      helics.publishInteger(publication, value);
      break;
    case "boolean":
      helics.publishBoolean(publication, value === true ? 1 : 0);
      break;
    case "string":
      helics.publishString(publication, value);
      break;
    case "json":
      helics.publishString(publication, JSON.stringify(value));
      break;
    case "vector": {
      const values = Float64Array.from(value as ArrayLike<number>);
      helics.publishVector(publication, values, values.length);
      break;
    }
    case "complex": {
      const [real, imaginary] = value as readonly [number, number];
      helics.publishComplex(publication, real, imaginary);
      break;
    }
    case "bytes": {
      const bytes = value as Uint8Array;
      helics.publishBytes(publication, bytes, bytes.length);
    }
  }
}

/** The newest value of an input, converted by HELICS to the type that is wanted. */
export function read(helics: Helics, input: Handle, type: ValueTypeName): unknown {
  switch (type) {
    case "double":
      return helics.inputDouble(input);
    case "integer":
      return Number(helics.inputInteger(input));
    case "boolean":
      return helics.inputBoolean(input) !== 0;
    case "string":
      return text(helics, input);
    case "json":
      return JSON.parse(text(helics, input));
    case "vector": {
      const values = new Float64Array(helics.inputVectorSize(input));
      helics.inputVector(input, values, values.length, [0]);
      return [...values];
    }
    case "complex": {
      const real = [0];
      const imaginary = [0];
      helics.inputComplex(input, real, imaginary);
      return [real[0], imaginary[0]];
    }
    case "bytes": {
      const bytes = new Uint8Array(helics.inputByteCount(input));
      helics.inputBytes(input, bytes, bytes.length, [0]);
      return bytes;
    }
  }
}

function text(helics: Helics, input: Handle): string {
  // With the zero at the end.
  const size: number = helics.inputStringSize(input);
  const bytes = Buffer.alloc(size + 1);
  const length = [0];
  helics.inputString(input, bytes, bytes.length, length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
