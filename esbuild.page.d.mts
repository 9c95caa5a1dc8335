/** Write the files of the page to `folder`. */
export function buildPage(folder: string): Promise<void>;
