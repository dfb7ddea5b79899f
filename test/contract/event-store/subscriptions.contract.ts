import { expect, it } from '@jest/globals';
import { firstValueFrom, map, mergeAll, takeWhile, tap, toArray } from 'rxjs';
import {
  type EventStore,
  PAGE,
  type Position,
  START,
} from '../../../src/event-store/event-store.js';
import type { MakeStore } from './event-store.contract.js';
import { anEvent, ids, newStream, someEvents } from './events.js';

export function subscriptions(theStore: () => EventStore): void {
  it('gives what is there, then what comes, without gap or double', async () => {
    const stream = newStream();
    const before = await theStore().head();
    const count = 1_500;
    const append = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 25) {
        const group = Array.from({ length: 25 }, (_, i) =>
          theStore().append(stream, 'any', [anEvent(number + i)]),
        );
        await Promise.all(group);
      }
    };
    await append(0, 500);
    const seen = firstValueFrom(
      theStore()
        .subscribe(before)
        .pipe(
          mergeAll(),
          takeWhile((event) => event.stream !== stream || event.revision < count - 1, true),
          toArray(),
        ),
    );
    await append(500, count);
    const events = await seen;
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].toSorted());
    const mine = events.filter((event) => event.stream === stream);
    expect(mine).toEqual(await theStore().readStream(stream));
  });

  it('gives all that is there, however many pages it takes, though nothing comes any more', async () => {
    const stream = newStream();
    const before = await theStore().head();
    const events = someEvents(PAGE + 500);
    await theStore().append(stream, 'no-stream', events);
    const seen = await firstValueFrom(
      theStore()
        .subscribe(before)
        .pipe(
          mergeAll(),
          takeWhile((event) => event.stream !== stream || event.revision < PAGE + 499, true),
          map(({ id }) => id),
          toArray(),
        ),
    );
    expect(seen).toEqual(expect.arrayContaining(ids(events)));
  });

  it('goes on live behind the head', async () => {
    const stream = newStream();
    const behindHead = theStore().subscribe(await theStore().head());
    const seen = firstValueFrom(
      behindHead.pipe(
        mergeAll(),
        takeWhile((event) => event.stream !== stream || event.revision < 2, true),
        map(({ id }) => id),
        toArray(),
      ),
    );
    const events = someEvents(3);
    for (const event of events) await theStore().append(stream, 'any', [event]);
    expect((await seen).slice(-3)).toEqual(ids(events));
  });

  it('gives every subscriber the same', async () => {
    const before = await theStore().head();
    const { position } = await theStore().append(newStream(), 'no-stream', someEvents(3));
    const until = () =>
      firstValueFrom(
        theStore()
          .subscribe(before)
          .pipe(
            mergeAll(),
            takeWhile((event) => event.position < position, true),
            toArray(),
          ),
      );
    const [one, other] = await Promise.all([until(), until()]);
    expect(one).toEqual(other);
  });

  it('stops at once when unsubscribed, even from within a page', async () => {
    const before = await theStore().head();
    const { position } = await theStore().append(newStream(), 'no-stream', someEvents(3));
    let pages = 0;
    await new Promise<void>((resolve) => {
      const following = theStore()
        .subscribe(before)
        .subscribe(() => {
          pages += 1;
          following.unsubscribe();
          resolve();
        });
    });
    const last = await theStore().append(newStream(), 'no-stream', someEvents(3));
    await seenBy(theStore(), position, last.position);
    expect(pages).toBe(1);
  });
}

export function closing(makeStore: MakeStore): void {
  it('answers what is under way, then nothing more', async () => {
    const store = await makeStore();
    const stream = newStream();
    const pending = Array.from({ length: 10 }, () => store.append(stream, 'any', [anEvent()]));
    const closed = store.close();
    const late = store.append(stream, 'any', [anEvent()]);
    await expect(late).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      outcome: 'not-done',
    });
    const answers = await Promise.all(pending);
    expect(answers.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual(
      answers.map((_, number) => number),
    );
    await closed;
    await store.close();
  });

  it('ends its subscriptions', async () => {
    const store = await makeStore();
    const ended = new Promise<void>((resolve, reject) => {
      store.subscribe(START).subscribe({ complete: resolve, error: reject });
    });
    await store.close();
    await expect(ended).resolves.toBeUndefined();
  });
}

/** Resolves once another subscriber has got to a position. */
async function seenBy(store: EventStore, after: Position, position: Position): Promise<void> {
  let at = after;
  await firstValueFrom(
    store.subscribe(after).pipe(
      tap((page) => {
        at = page.at(-1)?.position ?? at;
      }),
      takeWhile(() => at < position),
      toArray(),
    ),
  );
}
