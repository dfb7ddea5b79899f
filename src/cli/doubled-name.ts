import { parse } from 'lossless-json';

/** A name that an object of the JSON text has twice, with other values: readers differ in which of them counts. @throws SyntaxError */
export function doubledName(text: string): string | undefined {
  let doubled: string | undefined;
  const onDuplicateKey = ({ key }: { readonly key: string }): void => {
    doubled ??= key;
  };
  parse(text, undefined, { parseNumber: Number, onDuplicateKey });
  return doubled;
}
