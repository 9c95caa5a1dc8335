/** Folders of this package's own code, which a user's stack is shown without: as it runs, and as source maps tell it. */
const OWN = (() => {
  const root = import.meta.url.replace(/\/(dist\/)?src\/(?!.*\/src\/).*$/, "/");
  return ["dist", "src", "adapters"].map((folder) => `${root}${folder}/`);
})();

/** Frames that are shown of a stack. */
const FRAMES_MAX = 8;

/** Whether code of this URL or path is of this package. */
export function isOwnCode(where: string): boolean {
  const url = where.startsWith("/") ? `file://${where}` : where;
  return OWN.some((folder) => url.startsWith(folder));
}

/** The lines of an error's stack that are the user's: neither of this package nor of Node; the innermost first. */
export function userFrames(stack: string | undefined): string[] {
  const frames: string[] = [];
  for (const line of stack?.split("\n") ?? []) {
    const where = /^\s+at (?:.*\()?(?:async )?((?:file:\/\/)?\/?[^()]+?):(\d+):(\d+)\)?$/.exec(line)?.[1];
    if (where === undefined || where.startsWith("node:") || isOwnCode(where)) continue;
    frames.push(line.trim());
    if (frames.length === FRAMES_MAX) break;
  }
  return frames;
}

/** File and line of the innermost frame of the user's, as `agents.ts:12:7` in its stack's own form. */
export function userPlace(stack: string | undefined): string | undefined {
  const [frame] = userFrames(stack);
  return frame === undefined ? undefined : /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1];
}

/**
 * An error that is made without a look at the stack, which with a stack of ten frames takes 4 us of 5: for one that many get
 * at once, and whose place says nothing. Its `stack` is its first line.
 *
 * @param make - Makes the error and nothing else.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  // A program may have frozen it: then there is a stack.
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}
