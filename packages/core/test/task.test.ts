import { describe, expect, test, vi } from 'vitest'
import { task, withTask } from '../src/task.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('task, outside a mesh', () => {
  test('never aborts, prints what is logged, and has no mesh', async () => {
    expect(task.signal.aborted).toBe(false)
    task.progress(0.5)
    const print = vi.spyOn(console, 'log').mockImplementation(() => {})
    task.log('line', 1)
    expect(print).toHaveBeenCalledWith('line', 1)
    print.mockRestore()
    expect(() => task.mesh).toThrow(expect.objectContaining({ code: 'NOT_IN_TASK' }))
    await expect(task.asset('model.onnx')).rejects.toMatchObject({ code: 'NOT_IN_TASK' })
  })

  test('is what withTask says, for as long as it runs', async () => {
    const signal = AbortSignal.abort('stop')
    const seen = await withTask({ signal, attempt: 3 }, async () => {
      await turn()
      return [task.signal.aborted, task.attempt, task.current.signal === signal, task.id]
    })
    expect(seen).toEqual([true, 3, true, 'outside'])
    expect(task.attempt).toBe(1)
  })

  test('has the files that withTask gives it', async () => {
    const asset = async (name: string): Promise<Blob> => new Blob([`of ${name}`])
    expect(await withTask({ asset }, async () => (await task.asset('labels.json')).text())).toBe('of labels.json')
  })
})
