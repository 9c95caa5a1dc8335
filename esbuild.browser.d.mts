/** Write the bundle for pages to `outfile`. */
export function bundle(outfile: string): Promise<unknown>;
