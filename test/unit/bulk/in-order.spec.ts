import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { InOrder } from '../../../src/bulk/in-order.js';

/** Begins tasks as long as there is room, and counts them; each ends when it is told. */
function producing(inOrder: InOrder, count: number) {
  const ends: (() => void)[] = [];
  const begun = { count: 0 };
  const producer = (async () => {
    for (let index = 0; index < count; index += 1) {
      await inOrder.room();
      begun.count += 1;
      inOrder.begin(
        new Promise((resolve) => {
          ends.push(() => {
            resolve(`${index};`);
          });
        }),
      );
    }
    inOrder.end();
  })();
  return { ends, begun, producer };
}

async function all(inOrder: InOrder): Promise<string> {
  let text = '';
  for await (const part of inOrder.texts()) text += part;
  return text;
}

describe('answers in order', () => {
  test('come in the order of the lines, however they end', async () => {
    const inOrder = new InOrder();
    const { ends } = producing(inOrder, 5);
    const reading = all(inOrder);
    await turn();
    for (const end of ends.reverse()) end();
    expect(await reading).toBe('0;1;2;3;4;');
  });

  test('come at once, before the next line is sent', async () => {
    const inOrder = new InOrder();
    const texts = inOrder.texts();
    inOrder.begin(Promise.resolve('first'));
    expect((await texts.next()).value).toBe('first');
    inOrder.begin(Promise.resolve('second'));
    expect((await texts.next()).value).toBe('second');
    await texts.return(undefined);
  });

  test('hold up what is sent while nobody takes them', async () => {
    const inOrder = new InOrder();
    const { ends, begun, producer } = producing(inOrder, 2_000);
    await turn();
    for (const end of ends.splice(0)) end();
    await turn();
    expect(begun.count).toBe(512);

    const ending = setInterval(() => {
      for (const end of ends.splice(0)) end();
    });
    const text = await all(inOrder);
    clearInterval(ending);
    await producer;
    expect(text.split(';').length).toBe(2_001);
  });

  test('end with what is sent breaking off, behind the answers of what came', async () => {
    const inOrder = new InOrder();
    inOrder.begin(Promise.resolve('first'));
    inOrder.end(new Error('the connection is gone'));
    const texts = inOrder.texts();
    expect((await texts.next()).value).toBe('first');
    await expect(texts.next()).rejects.toThrow('the connection is gone');
  });
});
