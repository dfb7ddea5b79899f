import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface NodeOptions {
  readonly port: number;
  readonly replicationPort: number;
  readonly folder?: string | undefined;
  /** More of the server's own options. */
  readonly settings?: Readonly<Record<string, string>>;
}

export function spawnEventStore(
  options: NodeOptions,
): ChildProcessByStdio<null, Readable, Readable>;
export function stateOf(port: number): Promise<string | undefined>;
export function urlOf(port: number): string;
export function freePorts(count: number): Promise<number[]>;
