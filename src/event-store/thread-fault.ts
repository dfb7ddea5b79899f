import {
  ConflictError,
  CorruptLogError,
  StoreUnavailableError,
  TooLargeError,
} from './event-store.js';

/** An error as it goes from one thread to another: on the way it would lose its class, and what it carries. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  readonly cause?: Fault;
  /** Of a StoreUnavailableError. */
  readonly outcome?: StoreUnavailableError['outcome'];
  readonly conflict?: Pick<ConflictError, 'stream' | 'expected' | 'actual'>;
}

export function faultOf(error: unknown): Fault {
  const { name, message, cause } = error as Error;
  const fault = { name, message, ...(cause instanceof Error && { cause: faultOf(cause) }) };
  if (error instanceof StoreUnavailableError) return { ...fault, outcome: error.outcome };
  if (!(error instanceof ConflictError)) return fault;
  const { stream, expected, actual } = error;
  return { ...fault, conflict: { stream, expected, actual } };
}

/** The error again. `other` makes those that are not the store's. */
export function revived(fault: Fault, other: (fault: Fault) => Error): Error {
  const { name, message, cause, outcome, conflict } = fault;
  if (conflict) return new ConflictError(conflict.stream, conflict.expected, conflict.actual);
  if (outcome) return new StoreUnavailableError(message, outcome, { cause });
  if (name === 'CorruptLogError') return new CorruptLogError(message);
  return name === 'TooLargeError' ? new TooLargeError(message) : other(fault);
}
