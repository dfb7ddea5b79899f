/** Sums of one merchant in one currency, by name. */
interface Sums {
  readonly merchantId: string;
  readonly currency: string;
  readonly sums: Readonly<Record<string, bigint>>;
}

const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);

/**
 * What kept a row of sums from being written: where one of them does not fit into the store's integers of 64 bits, that
 * in words, else the error itself.
 */
export function namingLargeSum(error: unknown, { merchantId, currency, sums }: Sums): unknown {
  const [large] = Object.entries(sums).find(([, sum]) => sum > MOST || sum < LEAST) ?? [];
  const name = large ?? overflown(error);
  if (name === undefined) return error;
  const told = `${name} of merchant ${merchantId} in ${currency} no longer fits into 64 bits`;
  return new RangeError(told, { cause: error });
}

/** Which column a sum was too large for that SQLite has made itself. */
function overflown(error: unknown): string | undefined {
  const { message } = error as Error;
  return /^cannot store REAL value in INTEGER column \w+\.(\w+)$/.exec(message)?.[1];
}
