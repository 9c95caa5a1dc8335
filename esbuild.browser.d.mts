/** Write `index.js`, `client.js`, `engine.js` and the chunks that they share to the folder `outdir`, for pages. */
export function bundle(outdir: string): Promise<import("esbuild").BuildResult<{ metafile: true }>>;

/** Write `worker.js`, which runs the programs of the guide in a page, and what it loads to the folder `outdir`. */
export function bundleRunner(outdir: string): Promise<import("esbuild").BuildResult<{ metafile: true }>>;

/** Write `entry`, which uses `src/engine.ts` and nothing of Node, with the engine into `outfile`, for pages. */
export function bundleEngine(entry: string, outfile: string): Promise<unknown>;
