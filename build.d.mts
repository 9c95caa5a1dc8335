/** Give the files of the folder `made` their places in `folder`, and leave nothing else there; `made` is used up. */
export function replaceFiles(made: string, folder: string): void;
