// Installs the packages as a user would, from their tarballs into an empty folder far from here, and
// tries everything that the README promises there: the program under `murmur run`, tsx, plain node
// after tsc, in a vitest test, and in a page that Vite builds (pack-check-page.mjs); its types under the oldest and the newest
// TypeScript, libraries checked. Needs a registry for the dependencies, and Chromium. Takes a minute or three.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { checkPage } from './pack-check-page.mjs'
import { makeTarballs, root } from './tarballs.mjs'

const { devDependencies: ours } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { vite } = JSON.parse(readFileSync(join(root, 'demo', 'package.json'), 'utf8')).devDependencies
const folder = mkdtempSync(join(tmpdir(), 'murmuration-pack-'))
const home = join(folder, 'home')

const program = `import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ entry: [], slots: 2 })
try {
  const square = mesh.fn((x: number) => x * x)
  const squares = Array.from({ length: 10 }, (_, i) => square(i))
  const sum = mesh.fn((...values: number[]) => values.reduce((total, value) => total + value, 0))
  const total: number = await sum(...squares).get()
  console.log('sum', total)
} finally {
  await mesh.leave()
}
`

/** The first program of the README, word for word. */
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const hello = /```ts\n(\/\/ hello\.ts\n[\s\S]*?)```/.exec(readme)?.[1] ?? fail('the README has no hello.ts')

// `+ - using` is what murmur run lowers; Node 20 cannot read it.
const using = program
  .replace('const mesh', 'await using mesh')
  .replace('try {', '{')
  .replace(/\} finally \{[^}]*\}/, '}')

const task = `import { task } from 'murmuration/task'
export function twice(x: number): number {
  task.log('twice', x)
  return 2 * x
}
`

const modules = `import { joinMesh, MeshError, isMeshError } from 'murmuration'
import type { Mesh, ObjectRef, Tasks } from 'murmuration'
import { simulateMesh } from 'murmuration/sim'

const mesh: Mesh = await joinMesh({ entry: [], slots: 1 })
const { twice } = await mesh.use<typeof import('./twice.task.js')>(new URL('./twice.task.ts', import.meta.url))
const ref: ObjectRef<number> = twice(21)
const simulated = await simulateMesh({ peers: 2 }).run((peers) => peers.fn((x: number) => x + 1)(1).get())
console.log('twice', await ref.get(), typeof MeshError, isMeshError(new Error()), 'simulated', simulated)
await mesh.leave()
`

const test = `import { expect, test } from 'vitest'
import { joinMesh } from 'murmuration'
import { simulateMesh } from 'murmuration/sim'

test('a function runs on the mesh', async () => {
  const mesh = await joinMesh({ entry: [], slots: 1 })
  const square = mesh.fn((x: number) => x * x)
  expect(await square(7).get()).toBe(49)
  const { twice } = await mesh.use<typeof import('./twice.task.ts')>(new URL('./twice.task.ts', import.meta.url))
  expect(await twice(4).get()).toBe(8)
  await mesh.leave()
})

test('and on a simulated one, under faults', async () => {
  await simulateMesh({ peers: 4, seed: 3, faults: 'churn', durationMs: () => 500 }).run(async (mesh) => {
    const { twice } = await mesh.use<typeof import('./twice.task.ts')>(new URL('./twice.task.ts', import.meta.url))
    expect(await mesh.get([1, 2, 3, 4, 5].map((n) => twice(n)))).toEqual([2, 4, 6, 8, 10])
  })
})
`

/** Its module of tasks that ask for tasks, word for word. */
const sums = /```ts\n(\/\/ sums\.task\.ts[\s\S]*?)```/.exec(readme)?.[1] ?? fail('the README has no sums.task.ts')

// A task waits for its children, so the page knows that others have the job when it sees it running.
const page = `import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ entry: [location.href], slots: 1 })
const { twice } = await mesh.use<typeof import('../twice.task.ts')>(new URL('../twice.task.ts', import.meta.url))
const here = twice.with({ needs: { labels: { kind: 'browser' } } })(21)
const there = twice.with({ needs: { labels: { kind: 'node' } } })(4)
document.body.textContent = \`\${await here.get()} and \${await there.get()}\`
const job = await mesh.job('numbers', { lifetime: 'detached' })
const { fib } = await job.use<typeof import('../sums.task.ts')>(new URL('../sums.task.ts', import.meta.url))
const ref = fib.with({ name: 'fib', needs: { labels: { kind: 'node' } } })(16)
while (ref.state() === 'waiting' || ref.state() === 'ready') await new Promise((resolve) => setTimeout(resolve, 20))
document.title = 'asked'
`

const viteConfig = `import { murmuration } from 'murmuration/vite'

export default { plugins: [murmuration()], build: { target: 'es2022', chunkSizeWarningLimit: 5000 } }
`

try {
  const tarballs = makeTarballs(join(folder, 'tarballs'))
  for (const tarball of tarballs) checkContents(tarball)
  setUp(tarballs)
  step('murmur run, hello.ts', bin('murmur'), ['run', 'hello.ts'], /303 primes below 2000/)
  step('tsx, hello.ts', bin('tsx'), ['hello.ts'], /303 primes below 2000/)
  step('murmur run', bin('murmur'), ['run', 'using.ts'], /sum 285/)
  step('murmur run, a task module', bin('murmur'), ['run', 'modules.ts'], /twice 42 function false simulated 2/)
  step('tsx', bin('tsx'), ['program.ts'], /sum 285/)
  step('tsx, a task module', bin('tsx'), ['modules.ts'], /twice 42.*simulated 2/)
  step('vitest', bin('vitest'), ['run', 'mesh.test.ts'], /2 passed/)
  for (const compiler of ['typescript', 'typescript-old']) {
    const tsc = [join('node_modules', compiler, 'bin', 'tsc')]
    const which = `${compiler} ${versionOf(compiler)}`
    step(`types, ${which}`, process.execPath, [...tsc, '-p', '.', '--outDir', 'dist'], /^$/)
    step(`types without Node's, ${which}`, process.execPath, [...tsc, '-p', 'tsconfig.hello.json'], /^$/)
  }
  step('plain node after tsc', process.execPath, ['dist/program.js'], /sum 285/)
  step('plain node after tsc, using', process.execPath, ['dist/using.js'], /sum 285/)
  step('plain node after tsc, a task module', process.execPath, ['dist/modules.js'], /twice 42.*simulated 2/)
  step('a page, built by Vite', bin('vite'), ['build', 'page'], /murmuration-source.*\n[^]*built in/)
  await checkPage({
    folder,
    env: environment(),
    program: bin,
    run: (name, args) => run(bin(name), args, folder).stdout,
  })
  say('ok: that page, with peers of these packages, and its job without it')
  step('murmur bundle', bin('murmur'), ['bundle', 'twice.task.ts', '-o', 'prepared'], /runs on every kind of peer/)
  step('the command alone', bin('murmur'), ['--version'], /^\d+\.\d+\.\d+\n$/)
  say('all of it works')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function checkContents(tarball) {
  const name = basename(tarball)
  const files = run('tar', ['-tzf', tarball], folder).stdout.split('\n')
  const wanted = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']
  for (const file of wanted) if (!files.includes(`package/${file}`)) fail(`${name} has no ${file}`)
  const stray = files.find((one) => /\.test\.|tsbuildinfo|node_modules/.test(one))
  if (stray !== undefined) fail(`${name} should not have ${stray}`)
}

function setUp(tarballs) {
  const devDependencies = {
    '@types/node': ours['@types/node'],
    tsx: '4.23.15',
    typescript: ours.typescript,
    'typescript-old': 'npm:typescript@5.7.3',
    vite,
    vitest: ours.vitest,
  }
  write('package.json', { name: 'a-user', private: true, type: 'module', devDependencies })
  write('tsconfig.json', {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023', 'DOM'],
      module: 'NodeNext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      rootDir: '.',
    },
    files: ['program.ts', 'using.ts', 'modules.ts', 'twice.task.ts'],
  })
  // The least that a program has: no libraries, no types but ours.
  write('tsconfig.hello.json', {
    compilerOptions: { module: 'nodenext', strict: true, types: [], noEmit: true },
    files: ['hello.ts', 'twice.task.ts'],
  })
  write('hello.ts', hello)
  write('program.ts', program)
  write('using.ts', using)
  write('modules.ts', modules)
  write('twice.task.ts', task)
  write('sums.task.ts', sums)
  write('mesh.test.ts', test)
  mkdirSync(home)
  mkdirSync(join(folder, 'page'))
  write('page/index.html', '<!doctype html><title>a page</title><script type="module" src="./main.ts"></script>')
  write('page/main.ts', page)
  write('page/vite.config.ts', viteConfig)
  say('installing the tarballs')
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  run('npm', ['install', ...quietly, ...tarballs], folder)
}

function write(name, content) {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
}

function bin(name) {
  return join(folder, 'node_modules', '.bin', name)
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
}

function step(title, file, args, expected) {
  const { stdout } = run(file, args, folder)
  if (!expected.test(stdout)) fail(`${title}: expected ${expected}, printed\n${stdout}`)
  say(`ok: ${title}`)
}

function environment() {
  const { MURMURATION_ENTRY: _entry, ...env } = process.env
  return { ...env, MURMURATION_HOME: home, NO_COLOR: '1' }
}

function run(file, args, cwd) {
  const done = spawnSync(file, args, { cwd, env: environment(), encoding: 'utf8', timeout: 300_000 })
  if (done.error) fail(`could not start ${file}: ${done.error.message}`)
  if (done.status !== 0)
    fail(`${file} ${args.join(' ')} ended with ${done.status ?? done.signal}\n${done.stdout}${done.stderr}`)
  return done
}

function say(text) {
  process.stderr.write(`pack: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exitCode = 1
  throw new Error('see above')
}
