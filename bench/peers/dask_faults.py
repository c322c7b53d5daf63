"""The benchmark's fault cases on Dask: a scheduler and two workers of one thread, a process each, and this
program as their client. The workers have no nanny: it would die with its machine, too."""

import os
import signal
import subprocess
import sys
import time

import common
from common import facts, now, strike

if __name__ == "__main__":
    common.supervised("dask-")
os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))

from distributed import Client, wait


class Mesh:
    def __init__(self, order):
        self.order = order
        self.address_file = os.path.join(order.directory, "scheduler.json")
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self.address_file)
        self.workers = [self.add("w0"), self.add("w1")]
        self.client = Client(scheduler_file=self.address_file, timeout=60)
        self.client.wait_for_workers(2, timeout=60)
        for name in ("w0", "w1"):
            self.client.submit(common.busy, -1, None, workers=[name], pure=False).result()

    def start(self, kind, *options):
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *options]
        log = open(os.path.join(self.order.directory, "dask.log"), "ab")
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.order.directory)

    def add(self, name):
        options = ["--scheduler-file", self.address_file, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny"]
        return self.start("worker", *options, "--no-dashboard", "--name", name, "--local-directory", self.order.directory)

    def watch(self):
        """Of two workers one is gone."""
        watch = common.Watch(lambda: len(self.client.nthreads()) < 2)
        watch.start()
        return watch


def submit(order, mesh):
    return [mesh.client.submit(common.busy, index, order.runs, pure=False) for index in range(common.TASKS)]


def collect(futures, order, began):
    """When the last was there (None: not within the limit), and what is missing, by name of the error."""
    try:
        wait(futures, timeout=max(0.1, order.limit - (now() - began) / 1000))
    except Exception:
        pass
    at = now()
    pending = [future for future in futures if not future.done()]
    bad = [future for future in futures if future.status in ("error", "cancelled", "lost")]
    errors = [future.status for future in bad]
    return (None if pending else at), len(pending) + len(bad), common.counted(errors)


def job(order, mesh, number):
    began = now()
    futures = submit(order, mesh)
    time.sleep(max(0, common.FAULT_S - (now() - began) / 1000))
    pids = [mesh.workers[1].pid]
    watch = mesh.watch()
    at = strike(pids, number)
    ended, lost, errors = collect(futures, order, began)
    note = errors if ended else "; ".join(filter(None, [order.not_finished(), errors]))
    heard = watch.result(1 if ended is None else 20)
    return facts(began, ended, lost, [(at, pids, heard)], [(at, 1)], note)


def calm(order, mesh):
    began = now()
    ended, lost, errors = collect(submit(order, mesh), order, began)
    return facts(began, ended, lost, note=errors)


def objects(order, mesh):
    futures = [mesh.client.submit(common.make, index, order.runs, pure=False) for index in range(common.OBJECTS)]
    wait(futures)
    victim = mesh.workers[1]
    watch = mesh.watch()
    at = strike([victim.pid])
    ended, lost, errors = read(mesh, futures)
    return facts(at, ended, lost, [(at, [victim.pid], watch.result(20))], [], errors)


def read(mesh, futures):
    """All at once, as its users would; one by one only to say what is wrong."""
    try:
        values = mesh.client.gather(futures)
        missing = ["wrong" for index, value in enumerate(values) if value != common.pattern(index)]
    except Exception as error:
        missing = [common.name_of(error)]
    return now(), len(missing), common.counted(missing)


def put_task(order, mesh):
    """Scattered by the client to one worker, the default: a future that a task scatters ends with its task."""
    value = mesh.client.scatter(common.pattern(0), workers=["w1"], hash=False)
    victim = mesh.workers[1]
    watch = mesh.watch()
    at = strike([victim.pid])
    ended, lost, errors = read(mesh, [value])
    return facts(at, ended, lost, [(at, [victim.pid], watch.result(20))], [], errors)


def entry(order, mesh):
    began = now()
    futures = submit(order, mesh)
    time.sleep(max(0, common.FAULT_S - (now() - began) / 1000))
    pids = [mesh.scheduler.pid]
    at = strike(pids)
    newcomer = mesh.add("w2")
    mesh.workers.append(newcomer)
    ended, lost, errors = collect(futures, order, began)
    note = "; ".join(filter(None, [errors, "" if ended else order.not_finished()]))
    return facts(began, ended, lost, [(at, pids, None)], [], note, [newcomer.pid])


CASES = {
    "calm": calm,
    "killed": lambda order, mesh: job(order, mesh, signal.SIGKILL),
    "frozen": lambda order, mesh: job(order, mesh, signal.SIGSTOP),
    "objects": objects,
    "put-task": put_task,
    "entry": entry,
}

if __name__ == "__main__":
    order = common.Order()
    common.say(CASES[order.case](order, Mesh(order)))
    # Its supervisor ends the rest; its client would try to reach the scheduler again.
    os._exit(0)
