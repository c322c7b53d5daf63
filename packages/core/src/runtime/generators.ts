// Whether a function is a generator function, asked of the function itself: inside a task there is nothing else to go
// by. Tools write generators as plain functions for old engines; those of TypeScript and esbuild are known by the helper
// that they return from.

const tags: ReadonlySet<string> = new Set(['[object GeneratorFunction]', '[object AsyncGeneratorFunction]'])

/** What a generator was written as a call of: `return __generator(this, …)`; numbered where a bundle has several. */
export const loweredGenerator = /^__(async)?[gG]enerator\d*$/

const returnsHelper = /^[^{]*\{\s*(?:var [^;]*;\s*)*return (__(?:asyncGenerator|generator)\d*)\(/

/** Of a class and those that it extends. */
export function generatorMethods(Class: { readonly prototype: object }): string[] {
  const kinds = new Map<string, boolean>()
  for (
    let at: object | null = Class.prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (!kinds.has(name)) kinds.set(name, typeof value === 'function' && isGeneratorFunction(value))
  }
  return [...kinds].filter(([, yields]) => yields).map(([name]) => name)
}

export function isGeneratorFunction(f: object): boolean {
  if (tags.has(Object.prototype.toString.call(f))) return true
  const helper = returnsHelper.exec(Function.prototype.toString.call(f))?.[1]
  return helper !== undefined && loweredGenerator.test(helper)
}
