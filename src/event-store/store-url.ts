import { fileURLToPath } from 'node:url';

/** Whether the store is a folder, which one process owns; else it is a server's, and any number may write. */
export function isFolder(url: string): boolean {
  return url.startsWith('file:');
}

/** The folder of `file:./data`, `file:/var/lib/tillbook` or `file:///var/lib/tillbook`. */
export function folderOf(url: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
}
