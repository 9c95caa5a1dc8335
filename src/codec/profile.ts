/** A set of rules about values, by its name. */
export type ProfileName = "platform" | "aiomas-msgpack" | "aiomas-json" | "mosaik-json";

/**
 * What may cross, and in what form, where peers of different languages differ; both ways.
 *
 * | | platform, aiomas-msgpack | aiomas-json | mosaik-json |
 * |---|---|---|---|
 * | -0 | 0 | 0 | 0 |
 * | NaN, infinities | kept | bare tokens | bare tokens |
 * | undefined | null at the top and in arrays, dropped as a field or value of a Map | the same | the same |
 * | integers beyond 2^53 - 1 | bigint, -2^63 to 2^64 - 1 | bigint, `integerDigitsMax` digits | as aiomas-json |
 * | bytes | kept | refused | refused |
 * | map with other keys than strings | kept, a `Map` | refused; JSON has none | as aiomas-json |
 * | instances of registered types | `{"__type__": [id, repr]}` | the same | refused |
 * | the key `__type__` in a plain object | refused | refused | a key as any other |
 * | the key `__proto__` | refused | refused | refused |
 * | anything else | refused | refused | refused |
 *
 * The platform's values are those of aiomas in MsgPack: agents of one process and of two see the same.
 */
export interface Profile {
  readonly name: ProfileName;
  /** Whether bytes can be written. */
  readonly bytes: boolean;
  /** Whether the keys of a map may be anything; else they are strings. */
  readonly anyKeys: boolean;
  /** Whether integers may be as long as `integerDigitsMax` says; else they fit into 64 bits. */
  readonly longIntegers: boolean;
  /** Whether `{"__type__": [id, repr]}` stands for an instance of a registered type; else it is a plain object. */
  readonly types: boolean;
  /** Whether JSON is written as Python's `json.dumps` does: blanks after commas and colons, ASCII only. */
  readonly pythonText: boolean;
}

const PLATFORM: Profile = {
  name: "platform",
  bytes: true,
  anyKeys: true,
  longIntegers: false,
  types: true,
  pythonText: false,
};

const AIOMAS_JSON: Profile = {
  name: "aiomas-json",
  bytes: false,
  anyKeys: false,
  longIntegers: true,
  types: true,
  pythonText: true,
};

/** The profiles by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  platform: PLATFORM,
  "aiomas-msgpack": { ...PLATFORM, name: "aiomas-msgpack" },
  "aiomas-json": AIOMAS_JSON,
  "mosaik-json": { ...AIOMAS_JSON, name: "mosaik-json", types: false, pythonText: false },
};
