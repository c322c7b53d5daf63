import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canvasHere } from '../dragon/canvas.ts'
import { planPicture } from '../dragon/plan.ts'
import { tryWriting, WriteError } from '../dragon/png.ts'

const plan = planPicture({ width: 8, height: 6, samples: 4 })
const light = new Float32Array(8 * 6 * 3).fill(0.5)
let folder = ''
let file = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragon-canvas-'))
  file = join(folder, 'dragon.png')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a canvas that is closed', () => {
  test('leaves the file alone when nothing was drawn', async () => {
    await writeFile(file, 'the picture of yesterday')
    expect(await canvasHere(plan, file).close()).toBeNull()
    expect(await readFile(file, 'utf8')).toBe('the picture of yesterday')
  })

  test('writes what there is', async () => {
    const canvas = canvasHere(plan, file)
    canvas.preview(0, 0, light)
    expect(await canvas.close()).toMatch(/^[0-9a-f]{64}$/)
    expect(decode(await readFile(file)).width).toBe(8)
  })

  test('says in a sentence what keeps it from being written', async () => {
    const canvas = canvasHere(plan, join(folder, 'gone', 'dragon.png'))
    canvas.finish(0, light)
    await expect(canvas.close()).rejects.toThrow(
      new WriteError('the picture cannot be written: ENOENT: no such file or directory'),
    )
  })
})

test('where nothing can be written is known before anything is drawn', () => {
  expect(() => tryWriting(file)).not.toThrow()
  expect(() => tryWriting(join(folder, 'gone', 'dragon.png'))).toThrow(WriteError)
})
