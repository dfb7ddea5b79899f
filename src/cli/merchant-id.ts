const MAX_LENGTH = 15;

/** A merchantId made of a name: its letters and digits, numbered where another has the same. */
export function merchantIdOf(name: string, used: readonly string[]): string {
  const letters = name.normalize('NFKD').replace(/[^A-Za-z0-9]/g, '') || 'merchant';
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : String(number);
    const id = letters.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!used.includes(id)) return id;
  }
}
