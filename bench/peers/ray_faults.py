"""The benchmark's fault cases on Ray: a head without CPUs, with the driver, and two nodes of one CPU each. A
node is struck with all its processes, the raylet and its workers, as a machine that dies or hangs is."""

import os
import signal
import time

import common
from common import facts, now, strike

if __name__ == "__main__":
    # A short name: paths of sockets have a limit.
    folder = common.supervised("ray-")
    os.makedirs(os.path.join(folder, "ray"))
    os.environ["RAY_TMPDIR"] = folder
os.environ.update(
    RAY_USAGE_STATS_ENABLED="0",
    RAY_DEDUP_LOGS="0",
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
    PYTHONPATH=os.path.dirname(os.path.abspath(__file__)),
)

import ray
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

MEMORY = 200 * 1024 * 1024

busy = ray.remote(common.busy)
make = ray.remote(common.make)


@ray.remote
def put_inside(path):
    common.mark(path, "begin", 0)
    value = ray.put(common.pattern(0))
    common.mark(path, "end", 0)
    return {"value": value, "node": ray.get_runtime_context().get_node_id()}


class Mesh:
    def __init__(self):
        head = {"num_cpus": 0, "object_store_memory": MEMORY, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = [self.add(), self.add()]
        ray.init(address=self.cluster.address, log_to_driver=False, logging_level="ERROR")
        self.cluster.wait_for_nodes()
        for node in self.nodes:
            self.warm(node)

    def add(self):
        return self.cluster.add_node(num_cpus=1, object_store_memory=MEMORY)

    def warm(self, node):
        """The function's code is there and a worker is up; twice, so that the worker is kept."""
        at = NodeAffinitySchedulingStrategy(node_id=node.node_id, soft=False)
        for _ in range(2):
            ray.get(busy.options(scheduling_strategy=at).remote(-1, None))

    def pids(self, node):
        found = []
        for processes in node.all_processes.values():
            for info in processes:
                found += common.pids_of(info.process.pid)
        return list(dict.fromkeys(found))

    def watch(self, node):
        watch = common.Watch(lambda: any(n["NodeID"] == node.node_id and not n["Alive"] for n in ray.nodes()))
        watch.start()
        return watch


def collect(refs, order, began):
    """When the last was there (None: not within the limit), and what is missing, by name of the error."""
    left = order.limit - (now() - began) / 1000
    done, pending = ray.wait(refs, num_returns=len(refs), timeout=max(0, left), fetch_local=False)
    at = now()
    errors = []
    for ref in done:
        try:
            ray.get(ref, timeout=30)
        except Exception as error:
            errors.append(common.name_of(error))
    return (None if pending else at), len(pending) + len(errors), common.counted(errors)


def job(order, mesh, number):
    began = now()
    refs = [busy.remote(index, order.runs) for index in range(common.TASKS)]
    time.sleep(max(0, common.FAULT_S - (now() - began) / 1000))
    victim = mesh.nodes[1]
    pids = mesh.pids(victim)
    watch = mesh.watch(victim)
    at = strike(pids, number)
    ended, lost, errors = collect(refs, order, began)
    note = errors if ended else "; ".join(filter(None, [order.not_finished(), errors]))
    heard = watch.result(1 if ended is None else 20)
    return facts(began, ended, lost, [(at, pids, heard)], [(at, 1)], note)


def calm(order, mesh):
    began = now()
    refs = [busy.remote(index, order.runs) for index in range(common.TASKS)]
    ended, lost, errors = collect(refs, order, began)
    return facts(began, ended, lost, note=errors)


def objects(order, mesh):
    refs = [make.options(scheduling_strategy="SPREAD").remote(i, order.runs) for i in range(common.OBJECTS)]
    ray.wait(refs, num_returns=len(refs), fetch_local=False)
    victim = mesh.nodes[1]
    pids = mesh.pids(victim)
    watch = mesh.watch(victim)
    at = strike(pids)
    ended, lost, errors = read(refs, at, order)
    return facts(at, ended, lost, [(at, pids, watch.result(20))], [], errors)


def read(refs, at, order):
    missing = []
    for index, ref in enumerate(refs):
        try:
            if ray.get(ref, timeout=max(0.1, order.limit - (now() - at) / 1000)) != common.pattern(index):
                missing.append("wrong")
        except Exception as error:
            missing.append(common.name_of(error))
    return now(), len(missing), common.counted(missing)


def put_task(order, mesh):
    got = ray.get(put_inside.remote(order.runs))
    victim = next(node for node in mesh.nodes if node.node_id == got["node"])
    pids = mesh.pids(victim)
    watch = mesh.watch(victim)
    at = strike(pids)
    ended, lost, errors = read([got["value"]], at, order)
    return facts(at, ended, lost, [(at, pids, watch.result(20))], [], errors)


def entry(order, mesh):
    """Of a Ray cluster the entry is the head's control service; node and driver stay."""
    began = now()
    refs = [busy.remote(index, order.runs) for index in range(common.TASKS)]
    time.sleep(max(0, common.FAULT_S - (now() - began) / 1000))
    processes = mesh.cluster.head_node.all_processes
    pids = [processes["gcs_server"][0].process.pid]
    at = strike(pids)
    ended, lost, errors = collect(refs, order, began)
    notes = [errors, "" if ended else order.not_finished(), "no newcomer can join"]
    without = facts(began, ended, lost, [(at, pids, None)], [], "; ".join(filter(None, notes)), [])
    # The driver may not live to say more.
    common.say(without)
    try:
        return {**without, "newcomerPids": mesh.pids(mesh.add()), "note": errors}
    except BaseException:
        return without


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
    common.say(CASES[order.case](order, Mesh()))
    # Its supervisor ends the rest.
    os._exit(0)
