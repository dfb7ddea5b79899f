import type { KeepingFault } from '../../event-store/checked-page.js';

export type FaultCode =
  | KeepingFault['code']
  | 'order'
  | 'revision'
  | 'unreadable'
  | 'id'
  | 'misplaced'
  | 'illegal'
  | 'request'
  | 'batch'
  | 'books'
  | 'signature'
  | 'head'
  | 'unsigned'
  | 'tree'
  | 'view';

/** What each kind of fault means to whoever has to do something about it. */
export const MEANINGS: Readonly<Record<FaultCode, string>> = {
  damaged: 'the store’s file is broken; restore the log from a copy',
  altered: 'the row was changed by something else than the ledger, or the disk has lost bits of it',
  missing: 'events were taken out of the log',
  line: 'the file was written by other hands than `ledger export`',
  order: 'events were exchanged, or stand twice',
  revision: 'of its stream an event was taken out, put in, or exchanged',
  unreadable: 'no version of the ledger has written this, or it was changed',
  id: 'what the event says was changed after it was written, or others have written it',
  misplaced: 'the event was put into a stream that is not its own',
  illegal:
    'the ledger would not have done this: it was put in, or something before it was changed or taken out',
  request: 'an event was put in, or that of its request was changed or taken out',
  batch: 'an event of the batch was put in, changed or taken out',
  books: 'events that move money were put in, changed or taken out',
  signature: 'the head was put in or changed: nobody with that key has signed it',
  head: 'the log is not the one that was signed: before this head something was changed, exchanged, put in or taken out',
  unsigned:
    'nothing shows that this is the log that was written: its heads were taken out, or a service has yet to sign it',
  tree: 'here the log was changed, or an event was taken out or put in, unless the views are of another log',
  view: 'the view’s file is damaged, not the log: it is built anew from the log',
};

/** Something of the log that can't be as the ledger wrote it. */
export interface Fault {
  readonly code: FaultCode;
  /** Of the event, or of the first of several; absent where it is of no one event. */
  readonly position?: string;
  readonly stream?: string;
  readonly detail: string;
}
