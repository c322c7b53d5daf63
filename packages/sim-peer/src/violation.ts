// Which promise a violation is of: its sentence without the particulars, so that two runs can be said to
// fail for the same reason.

/** The first line, with peers, ids, numbers and samples of tables left out. */
export function promiseOf(violation: string): string {
  const [line = ''] = violation.split('\n')
  return withoutSamples(line)
    .replaceAll(/\bp\d+(\/\d+)?\b/g, 'peer')
    .replaceAll(/\bjob-[\w.-]+|\b[0-9a-f]{16}\b/g, 'id')
    .replaceAll(/\d+(\.\d+)?/g, 'n')
}

/** Whatever stands in brackets, the innermost first. */
function withoutSamples(line: string): string {
  const less = line.replaceAll(/[[{(][^[\]{}()]*[\])}]/g, '')
  return less === line ? line : withoutSamples(less)
}
