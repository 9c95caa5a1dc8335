/** Write the package's JavaScript to the folder `outdir`. */
export function bundle(outdir: string): Promise<void>;
