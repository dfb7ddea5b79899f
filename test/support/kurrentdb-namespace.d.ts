export function inNamespace(url: string, name: string): string;
