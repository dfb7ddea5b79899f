const DIGIT_RUN = /\d(?:[ -]?\d)*/g;

/**
 * Whether a text holds what may be a card number: 13 to 19 digits, spaces or hyphens between them or not, that pass
 * the Luhn check (ISO/IEC 7812-1).
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  const runs = (text.match(DIGIT_RUN) ?? []).map((run) => run.replace(/[ -]/g, ''));
  return runs.some((run) => run.length >= 13 && run.length <= 19 && passesLuhn(run));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
