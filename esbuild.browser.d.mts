/** Write the bundle for pages to `outfile`. */
export function bundle(outfile: string): Promise<unknown>;

/** Write `entry`, which uses `src/engine.ts` and nothing of Node, with the engine into `outfile`, for pages. */
export function bundleEngine(entry: string, outfile: string): Promise<unknown>;
