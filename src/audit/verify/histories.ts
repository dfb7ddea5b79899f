import type Database from 'better-sqlite3';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import type { RequestEvent, SaleEvent } from '../../sales/domain/sale.events.js';
import { evolveSale, type Sale } from '../../sales/domain/sale.js';
import { Shelf } from './shelf.js';

/** The events of a stream, and the sale as these leave it, where they are of one. */
interface Unfolded {
  readonly facts: LedgerEvent[];
  sale: Sale | undefined;
}

/**
 * What is kept of a stream while the log is read. At rest its events are text, made of what the log has: a hundred
 * objects less for each stream that waits for its next event.
 */
export class History {
  private unfolded: Unfolded | undefined;

  /**
   * @param revision of its last event; -1 before the first
   * @param brokenAt where its first fault is: what comes behind it can't be judged
   * @param text of a stream that is kept: its events in JSON, one behind the other; of other streams nothing
   */
  constructor(
    public revision = -1,
    public brokenAt?: string,
    public text = '',
  ) {}

  /** Of a stream that is kept: its events. */
  get facts(): readonly LedgerEvent[] {
    return this.unfold().facts;
  }

  get sale(): Sale | undefined {
    return this.unfold().sale;
  }

  /** `data`: the event's as the log has it. @throws RangeError where an amount can't be */
  add(event: LedgerEvent, data: string): void {
    const unfolded = this.unfold();
    const text = `{"type":"${event.type}","data":${data}}`;
    this.text = this.text === '' ? text : `${this.text},${text}`;
    takeIn(unfolded, event);
  }

  /** To be called where the next event is of another stream: from then on it is text alone. */
  fold(): void {
    this.unfolded = undefined;
  }

  private unfold(): Unfolded {
    if (this.unfolded) return this.unfolded;
    const unfolded: Unfolded = { facts: [], sale: undefined };
    if (this.text !== '') {
      for (const fact of JSON.parse(`[${this.text}]`) as LedgerEvent[]) takeInAgain(unfolded, fact);
    }
    return (this.unfolded = unfolded);
  }
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
    const history = new History();
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

function takeIn(unfolded: Unfolded, event: LedgerEvent): void {
  unfolded.facts.push(event);
  if (event.type === 'Sale' || unfolded.sale) {
    unfolded.sale = evolveSale(unfolded.sale, event as SaleEvent);
  }
}

/** What could not be taken in was told when it came. */
function takeInAgain(unfolded: Unfolded, event: LedgerEvent): void {
  try {
    takeIn(unfolded, event);
  } catch {
    return;
  }
}

/** The revision and the first fault on a line of their own. */
function pack({ revision, brokenAt = '', text }: History): string {
  return `${revision} ${brokenAt}\n${text}`;
}

function unpack(packed: string): History {
  const end = packed.indexOf('\n');
  const [revision, brokenAt] = packed.slice(0, end).split(' ');
  return new History(Number(revision), brokenAt || undefined, packed.slice(end + 1));
}
