/** The middle one: of rounds that others disturb, the most honest. */
export function median(numbers) {
  const sorted = numbers.filter((number) => number !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const rounded = (number, digits = 0) => Number(number.toFixed(digits));

export const perSecond = ({ count, seconds }) => count / seconds;

/** How fast each was, in words. */
export function told(done) {
  return Object.entries(done)
    .map(([name, figures]) => `${name} ${Math.round(perSecond(figures))}/s`)
    .join(', ');
}
