const DIGIT_GROUPS = /\d+(?:[ -]\d+)*/g;

/**
 * Whether a text holds what may be a card number: 13 to 19 digits, in groups with a space or hyphen between them or
 * not, that pass the Luhn check (ISO/IEC 7812-1). Full-width digits, as Chinese keyboards make them, count.
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  // eslint-disable-next-line no-control-regex -- all of ASCII
  const plain = /^[\x00-\x7f]*$/.test(text) ? text : text.normalize('NFKC');
  const runs = plain.match(DIGIT_GROUPS) ?? [];
  return runs.some((run) => run.length >= 13 && isCardNumberAmong(run.split(/[ -]/)));
}

/** Whether some groups in a row make one: other numbers may stand before and behind it. */
function isCardNumberAmong(groups: readonly string[]): boolean {
  return groups.some((_, first) => {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < 19; last += 1) {
      digits += groups[last] ?? '';
      if (digits.length >= 13 && digits.length <= 19 && passesLuhn(digits)) return true;
    }
    return false;
  });
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
