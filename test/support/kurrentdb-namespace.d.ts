export function inNamespace<T>(name: string, connect: () => T): T;
