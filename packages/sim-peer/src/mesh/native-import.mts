// Imports a bundle as Node does, also where a test runner has taken over the imports of everything else.

export function nativeImport(url: string): Promise<Record<string, unknown>> {
  return import(url) as Promise<Record<string, unknown>>
}
