// Which of a package's faces a bundle sees: the one that the program itself would see here, run or
// compiled. esbuild knows tsconfig's paths but not its conditions.

import { getTsconfig } from 'get-tsconfig'

/** Export conditions that the program itself runs or compiles with, beyond the usual ones. */
export function customConditions(file: string): string[] {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')]
  const given = flags.flatMap((flag, index) => {
    if (flag === '-C' || flag === '--conditions') return flags[index + 1] ?? []
    return flag.startsWith('--conditions=') ? flag.slice('--conditions='.length) : []
  })
  const compiled = getTsconfig(file)?.config.compilerOptions?.customConditions ?? []
  return [...new Set([...given, ...compiled])].sort()
}
