const MAX_LENGTH = 15;

/** The merchantIds that a name may have, best first: its Latin letters and digits, then numbered. */
export function* merchantIdsOf(name: string): Generator<string, never> {
  const letters = name.normalize('NFKD').replace(/[^A-Za-z0-9]/g, '') || 'merchant';
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : String(number);
    yield letters.slice(0, MAX_LENGTH - suffix.length) + suffix;
  }
}
