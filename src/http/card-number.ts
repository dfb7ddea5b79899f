const ASCII = /^\p{ASCII}*$/u;

/** Thirteen digits or more, with no more than people write between one and the next. */
const DIGITS = /\d(?:[\s\p{P}\p{S}]{0,3}\d){12,}/u;

/** What parts numbers of any length that may be one together: a minus or a middle dot, too. */
const BETWEEN_GROUPS = /[\s\p{Pd}\u2212\xb7\u2022_./]+/u;
const IN_GROUPS = /\d(?:[\s\p{Pd}\u2212\xb7\u2022_./]{0,3}\d){12,}/gu;

/** Whatever parts them. Sums, times and lists are parted by much of it: only these lengths are a card's. */
const NUMBERS_IN_A_ROW = /(?<!\d)\d+(?:[\s\p{P}\p{S}]{1,3}\d+){2,}/gu;
const GROUPS_OF_CARDS = [
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
  [4, 4, 4, 4, 3],
] as const;

/** The name of a request or a batch: its dots part what is no number together. */
const REQUEST_NAME = /\b[A-Za-z0-9]{1,15}\.[A-Za-z0-9]{1,8}(?:\.\d{6}){1,2}\b/g;

/** Of numbers in groups, those that begin as dates do, or with a nought, are no cards. */
const BEGINS_A_CARD = /^(?!20)[2-9]/;

/**
 * Whether a text holds what may be a card number: 13 to 19 digits of any script, in one piece or in groups, that pass
 * the Luhn check (ISO/IEC 7812-1).
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  const plain = ASCII.test(text) ? text : inPlainDigits(text);
  if (plain.search(DIGITS) < 0) return false;
  const parted = plain.replace(REQUEST_NAME, (name) => name.replaceAll('.', 'x'));
  return (
    numbersIn(parted, IN_GROUPS, BETWEEN_GROUPS).some(isCardNumberAmong) ||
    numbersIn(parted, NUMBERS_IN_A_ROW, /\D+/).some(isGroupedAsCard)
  );
}

/** Each row of numbers in a text. */
function numbersIn(text: string, row: RegExp, between: RegExp): string[][] {
  return text.match(row)?.map((numbers) => numbers.split(between)) ?? [];
}

/** Without what is not seen (zero-width characters, marks on a digit). */
function inPlainDigits(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{M}]/gu, '')
    .replace(/\p{Nd}/gu, plainDigit);
}

/** In each script the ten digits stand in a row, and rows of ten stand beside each other. */
function plainDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value % 10);
}

/** Whether some in a row are grouped as on a card. */
function isGroupedAsCard(numbers: readonly string[]): boolean {
  return numbers.some((number, first) => {
    if (!BEGINS_A_CARD.test(number)) return false;
    return GROUPS_OF_CARDS.some((lengths) => {
      const groups = numbers.slice(first, first + lengths.length);
      const isGrouped = lengths.every((length, index) => groups[index]?.length === length);
      return isGrouped && passesLuhn(groups.join(''));
    });
  });
}

/** Whether some groups in a row make one: other numbers may stand before and behind it. */
function isCardNumberAmong(groups: readonly string[]): boolean {
  return groups.some((group, first) => {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < 19; last += 1) {
      if (last > first && !BEGINS_A_CARD.test(group)) return false;
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
