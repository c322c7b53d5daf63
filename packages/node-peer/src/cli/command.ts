// What `murmur` understands: its words, options and their help. Everything that can be wrong with what
// was typed is found here and said in a sentence, with exit code 2; what the words do is in files of
// their own, which are loaded when they are needed.

import { readFileSync } from 'node:fs'
import { Argument, Command, CommanderError, Option } from 'commander'
import * as take from './arguments.ts'
import { report, usageError } from './failure.ts'

const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** Runs one command line (without `node` and the script). Resolves with the exit code; prints what goes wrong. */
export async function command(words: readonly string[]): Promise<number> {
  const said = { code: 0, isJson: asksForJson(words) }
  const program = programFor((code) => (said.code = code))
  if (words.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync(words, { from: 'user' })
    return said.code
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, said)
    const verb = program.commands.find((one) => one.name() === words[0])?.name()
    return error.exitCode === 0 ? 0 : report(usageError(error, verb), said)
  }
}

/** Of the command's own options, not of a program's. */
function asksForJson(words: readonly string[]): boolean {
  const own =
    words[0] === 'run'
      ? words.slice(
          0,
          words.findIndex((word, i) => i > 0 && !word.startsWith('-')),
        )
      : words
  return own.includes('--json')
}

function programFor(done: (code: number) => void): Command {
  const program = new Command('murmur')
    .description(
      'A peer-to-peer compute mesh: run functions on every machine in the room, and lose nothing when one dies.',
    )
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nStart with `murmur up` in one terminal and `murmur run hello.ts` in another.')
  addUp(program, done)
  addStatus(program, done)
  addList(program, done)
  addExplain(program, done)
  addTimeline(program, done)
  addLogs(program, done)
  addDrain(program, done)
  addResult(program, done)
  addStop(program, done)
  addRun(program, done)
  addBundle(program, done)
  addInvite(program, done)
  addRevoke(program, done)
  return program
}

type Done = (code: number) => void

const jsonOption = (what: string): Option => new Option('--json', what)
const entryOption = (): Option =>
  new Option(
    '--entry <address>',
    'a peer to join: host:port, ws://host:port or a multiaddr; once for each (default: MURMURATION_ENTRY, else your mesh on this machine)',
  ).argParser(take.entries)
const inviteOption = (): Option =>
  new Option('--invite <link>', 'come in by an invite, which says where to knock').argParser(take.invite)
const homeOption = (): Option =>
  new Option(
    '--home <dir>',
    'where keys and run files are kept (default: MURMURATION_HOME, else your configuration directory)',
  ).argParser(take.directory)

function addUp(program: Command, done: Done): void {
  program
    .command('up')
    .description(
      'be a peer until Ctrl-C: joins your mesh on this machine, or founds one. Members of the mesh run code here as you.',
    )
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(
      new Option('--slots <n>', 'attempts at once (default: cores less one; 0: keeps objects, runs nothing)').argParser(
        take.slots,
      ),
    )
    .addOption(new Option('--label <k=v>', 'what tasks may ask for; once for each').argParser(take.labels))
    .addOption(
      new Option(
        '--modules <dir>',
        'a folder with a package.json: tasks that need its dependencies, as native packages are, run here',
      ).argParser(take.directory),
    )
    .addOption(
      new Option('--memory <mb>', 'MB of objects kept in memory (default: a quarter of it)').argParser(take.megabytes),
    )
    .addOption(
      new Option(
        '--disk <mb>',
        'MB of objects kept on disk when memory is full (default: a quarter of what is free there; 0: none)',
      ).argParser(take.megabytesOrNone),
    )
    .addOption(
      new Option('--host <host>', 'where to listen (default: 127.0.0.1, reached from this machine only)').argParser(
        take.host,
      ),
    )
    .option(
      '--lan',
      'listen on every network of this machine: whoever has an invite or your mesh.key comes in from there',
    )
    .addOption(new Option('--port <n>', 'TCP port (default: any free one)').argParser(take.port))
    .addOption(new Option('--ws-port <n>', 'WebSocket port (default: any free one)').argParser(take.port))
    .option('--page', 'serve a page by which browsers join: prints its address with an invite for workers, for a day')
    .addOption(
      new Option('--page-port <n>', 'its port (default: any free one)').argParser(take.port).implies({ page: true }),
    )
    .addOption(
      new Option(
        '--metrics <port>',
        'serve its numbers for Prometheus at http://127.0.0.1:port/metrics, on this machine only (0: any free port)',
      ).argParser(take.port),
    )
    .addOption(homeOption())
    .addOption(jsonOption('one JSON object per event, a line each'))
    .action(async (options) => done(await (await import('./up.ts')).up(options)))
}

function addStatus(program: Command, done: Done): void {
  program
    .command('status')
    .description('who is in the mesh, how busy, and who died when and how')
    .option('--all', 'also peers that left, and those that only look')
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('the answer as JSON'))
    .action(async (options) => done(await (await import('./status.ts')).status(options)))
}

function addList(program: Command, done: Done): void {
  program
    .command('list')
    .description(
      'peers with their addresses and labels, tasks, objects with their copies, actors with their hosts, or named jobs, of the whole mesh; or the invites that were made here',
    )
    .addArgument(
      new Argument('<what>', 'what to list').choices(['peers', 'tasks', 'objects', 'actors', 'jobs', 'invites']),
    )
    .option('--all', 'peers: also those that left, and those that only look; tasks: also those that are done')
    .addOption(new Option('--state <state>', 'tasks, objects: only those in that state'))
    .addOption(new Option('--fn <name>', "tasks: only that function's"))
    .addOption(new Option('--limit <n>', 'rows per peer at most').argParser(take.limit).default(1_000))
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('the rows as JSON, with whole ids'))
    .action(async (what, options) => done(await (await import('./list.ts')).list(what, options)))
}

function addExplain(program: Command, done: Done): void {
  program
    .command('explain')
    .description('what a task, an object or an actor waits for, as a tree, and what happened to it, told by all peers')
    .argument('<id>', 'id of a task, an object or an actor, or how it begins; or the name of a task or an actor')
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('the answer as JSON'))
    .action(async (id, options) => done(await (await import('./explain.ts')).explain(id, options)))
}

function addTimeline(program: Command, done: Done): void {
  program
    .command('timeline')
    .description(
      'what ran where and when, as a trace that https://ui.perfetto.dev opens: retries, moves and deaths in it',
    )
    .option('-o, --output <file>', 'write it there, as a picture when the name ends in .svg (default: stdout)')
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('what was written as JSON'))
    .action(async (options) => done(await (await import('./timeline.ts')).timeline(options)))
}

function addLogs(program: Command, done: Done): void {
  program
    .command('logs')
    .description('what tasks printed, wherever they ran, each line with its peer and function')
    .argument(
      '[whose]',
      "a peer's name or id, a task's id or how it begins, a function, or a job (default: everybody's)",
    )
    .option('-f, --follow', 'go on with what is printed from now on, until Ctrl-C')
    .addOption(new Option('--limit <n>', 'lines at most, the latest').argParser(take.limit).default(1_000))
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('one JSON object per line'))
    .action(async (whose, options) => done(await (await import('./logs.ts')).logs(whose, options)))
}

function addDrain(program: Command, done: Done): void {
  program
    .command('drain')
    .description('have a peer hand over and leave: it gets no new work, ends what runs there, and loses nothing')
    .argument('<peer>', "a peer's name or id, or how it begins")
    .addOption(
      new Option('--within <s>', 'seconds at most; what still runs then goes back uncharged')
        .argParser(take.seconds)
        .default(30),
    )
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('what came of it as JSON'))
    .action(async (peer, options) => done(await (await import('./drain.ts')).drain(peer, options)))
}

function addResult(program: Command, done: Done): void {
  program
    .command('result')
    .description('what was given a name in a named job, once it is there; the job stays with whoever has it')
    .argument('<job>', "the job's name; murmur list jobs shows them")
    .argument('<name>', 'what with({ name }) or put(…, { name }) called it')
    .option('-o, --output <file>', 'write it there: bytes as they are, texts as text, anything else as JSON')
    .addOption(
      new Option('--timeout <s>', 'wait so many seconds at most (default: as long as it takes)').argParser(
        take.seconds,
      ),
    )
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('the value, or where it was written, as JSON'))
    .action(async (job, name, options) => done(await (await import('./result.ts')).result(job, name, options)))
}

function addStop(program: Command, done: Done): void {
  program
    .command('stop')
    .description('end a named job for good: what runs is cancelled, what was done is let go, at every peer')
    .argument('<job>', "the job's name; murmur list jobs shows them")
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('what was stopped as JSON'))
    .action(async (job, options) => done(await (await import('./stop.ts')).stop(job, options)))
}

function addBundle(program: Command, done: Done): void {
  program
    .command('bundle')
    .description(
      'a task module as files that a page imports, for build tools without a plugin (Vite has murmuration/vite)',
    )
    .argument('<file>', 'a *.task.ts, .js, .mjs, .mts or .tsx file')
    .requiredOption('-o, --output <dir>', 'where the files go')
    .option('--asset <file...>', 'files for task.asset(name), which come with the module')
    .addOption(jsonOption('what was written as JSON'))
    .action(async (file, options) => done(await (await import('./bundle.ts')).bundle(file, options)))
}

function addRun(program: Command, done: Done): void {
  program
    .command('run')
    .description('run a TypeScript program: it joins where its joinMesh() says, and leaves when it has ended')
    .argument('<file>', 'a .ts, .tsx, .mts, .js or .mjs file')
    .argument('[args...]', "the program's own arguments")
    .passThroughOptions()
    .addOption(entryOption())
    .addOption(inviteOption())
    .addOption(homeOption())
    .addOption(jsonOption('a failure as one JSON object on stderr'))
    .action(async (file, args, options) => done(await (await import('./run.ts')).run(file, args, options)))
}

function addInvite(program: Command, done: Done): void {
  program
    .command('invite')
    .description('let somebody in who does not share your mesh.key: prints a link, and its QR code')
    .addOption(
      new Option('--role <role>', 'worker: runs what members ask for; member: submits, too; observer: only looks')
        .choices(['worker', 'member', 'observer'])
        .default('worker'),
    )
    .addOption(
      new Option('--for <time>', 'how long it is good, and all that come in by it, as in 30m, 2h, 7d')
        .argParser(take.duration)
        .default(86_400_000, '1d'),
    )
    .addOption(
      new Option('--page <url>', 'where the join page is, for a link that a browser opens').argParser(take.page),
    )
    .addOption(
      new Option(
        '--entry <address>',
        'where it leads: host:port, ws://host:port or a multiaddr; once for each (default: your peers on this machine)',
      ).argParser(take.multiaddrs),
    )
    .addOption(homeOption())
    .addOption(jsonOption('link, id and end as JSON'))
    .action(async (options) => done(await (await import('./invite.ts')).invite(options)))
}

function addRevoke(program: Command, done: Done): void {
  program
    .command('revoke')
    .description('take an invite back: whoever came in by it is thrown out, everywhere')
    .argument('<id>', "the invite's id, or how it begins; murmur list invites shows them")
    .addOption(entryOption())
    .addOption(homeOption())
    .addOption(jsonOption('what was revoked as JSON'))
    .action(async (id, options) => done(await (await import('./invite.ts')).revoke(id, options)))
}
