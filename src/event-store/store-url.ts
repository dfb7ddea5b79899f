import { fileURLToPath } from 'node:url';

/** Whether the store is a folder, which one process owns; else it is a server's, and any number may write. */
export function isFolder(url: string): boolean {
  return url.startsWith('file:');
}

/** A connection string as it may be shown: a password has anything in it, also what would end it. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^:@]*):.*@/s, '$1:…@');
}

/** The folder of `file:./data`, `file:/var/lib/tillbook` or `file:///var/lib/tillbook`. */
export function folderOf(url: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
}
