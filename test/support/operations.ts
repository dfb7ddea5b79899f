/** What an OpenAPI document says may be asked. */
export interface Operation {
  /** As `GET /v1/sales/{saleId}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Names of what may stand behind `?`. */
  readonly query: readonly string[];
  readonly hasBody: boolean;
}

export function operationsIn(document: { paths: object }): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Described>).map(([verb, described]) => ({
      name: `${verb.toUpperCase()} ${path}`,
      method: verb.toUpperCase(),
      path,
      query: (described.parameters ?? []).filter(({ in: at }) => at === 'query').map((p) => p.name),
      hasBody: described.requestBody !== undefined,
    })),
  );
}

interface Described {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: object;
}
