export function registerTypeScript(): Promise<void>;
