import type Database from 'better-sqlite3';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import type { RequestEvent, SaleEvent } from '../../sales/domain/sale.events.js';
import { evolveSale, type Sale } from '../../sales/domain/sale.js';
import { Shelf } from './shelf.js';

/** What is kept of a stream while the log is read. */
export interface History {
  /** Of its last event; -1 before the first. */
  revision: number;
  /** Where its first fault is: what comes behind it can't be judged. */
  brokenAt?: string;
  /** Of a sale, a request, a batch or a payout: its events. Of other streams nothing. */
  readonly facts: LedgerEvent[];
  /** The same in JSON, one behind the other, made of what the log has: nothing is written anew to be kept. */
  text: string;
  /** As these leave it. */
  sale?: Sale | undefined;
}

/** Every stream of the log as far as it has been read: those that changed lately in memory, the rest in a table. */
export class Histories {
  private readonly shelf: Shelf<History>;

  constructor(database: Database.Database) {
    this.shelf = new Shelf(database, 'histories', { pack, unpack });
  }

  stream(name: string): History {
    const known = this.shelf.get(name);
    if (known) return known;
    const history: History = { revision: -1, facts: [], text: '' };
    this.shelf.set(name, history);
    return history;
  }

  /** Of a request or a sale, by its name. */
  named(name: string): History | undefined {
    return this.shelf.get(streams.request(name));
  }
}

/** What stands in the stream of a sale or a request. */
export function saleFacts({ facts }: History): readonly (SaleEvent | RequestEvent)[] {
  return facts as readonly (SaleEvent | RequestEvent)[];
}

/** `data`: the event's as the log has it. @throws RangeError where an amount can't be */
export function remember(history: History, event: LedgerEvent, data: string): void {
  const text = `{"type":"${event.type}","data":${data}}`;
  history.text = history.text === '' ? text : `${history.text},${text}`;
  takeIn(history, event);
}

function takeIn(history: History, event: LedgerEvent): void {
  history.facts.push(event);
  if (event.type === 'Sale' || history.sale) {
    history.sale = evolveSale(history.sale, event as SaleEvent);
  }
}

/** The revision and the first fault on a line of their own. */
function pack({ revision, brokenAt = '', text }: History): string {
  return `${revision} ${brokenAt}\n${text}`;
}

function unpack(packed: string): History {
  const end = packed.indexOf('\n');
  const [revision, brokenAt] = packed.slice(0, end).split(' ');
  const text = packed.slice(end + 1);
  const history: History = { revision: Number(revision), facts: [], text };
  if (brokenAt) history.brokenAt = brokenAt;
  for (const fact of JSON.parse(`[${text}]`) as LedgerEvent[]) takeIn(history, fact);
  return history;
}
