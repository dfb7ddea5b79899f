/**
 * A text of characters that can be shown: no half of one (a lone surrogate), no code point that never is one (U+FFFE and
 * its like, which XML has no place for), and of control characters only tab and line ends.
 */
export const LEGIBLE = /^(?:[\t\n\r]|[^\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}])*$/u;

const ILLEGIBLE = /[^\t\n\r\P{Cc}]|[\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** With U+FFFD for each character that is not legible: logs of earlier versions may have such. */
export function legible(text: string): string {
  return text.replace(ILLEGIBLE, '\ufffd');
}
