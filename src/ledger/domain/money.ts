/** Money in the currency's minor unit: a whole number from 0 up to MAX_AMOUNT. */
export type Minor = number & { readonly unit: 'minor' };

/** The largest amount of one request: twelve digits, as ISO 8583 field 4. */
export const MAX_AMOUNT = 999_999_999_999;

export const ZERO = 0 as Minor;

/** The only way to make a Minor. @throws RangeError for what is no whole number in range. */
export function minor(value: number): Minor {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_AMOUNT) {
    throw new RangeError(`not an amount in minor units: ${value}`);
  }
  return value as Minor;
}

export function add(a: Minor, b: Minor): Minor {
  return minor(a + b);
}

/** @throws RangeError when more is taken than there is. */
export function subtract(a: Minor, b: Minor): Minor {
  return minor(a - b);
}

/** `amount × numerator ÷ denominator`, rounded half up, exact at any size. */
export function portion(amount: Minor, numerator: number, denominator: number): Minor {
  const double = BigInt(denominator) * 2n;
  return minor(Number((BigInt(amount) * BigInt(numerator) * 2n + BigInt(denominator)) / double));
}
