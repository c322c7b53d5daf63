"""What the Ray and the Dask program share: the order they are given, the lines that tasks leave in a file,
the one line of facts that they print, and how a process is ended or frozen together with its children, as a
machine would be. Times are wall clock, in milliseconds: all processes are on one machine."""

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

import psutil

TASKS = 400
TASK_S = 0.02
FAULT_S = 1.5
OBJECTS = 20
BYTES = 2_000_000


def now():
    return time.time() * 1000


def mark(path, kind, index):
    """One write to a file opened for appending: lines of several processes do not mix."""
    line = f"{kind} {index} {os.getpid()} {now():.0f}\n".encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line)
    finally:
        os.close(file)


def busy(index, path):
    """Keeps a core busy, as work does."""
    if path:
        mark(path, "begin", index)
    end = time.perf_counter() + TASK_S
    while time.perf_counter() < end:
        pass
    if path:
        mark(path, "end", index)
    return index


def pattern(index):
    return bytes(range(1, 251)) * (BYTES // 250) + bytes([index])


def make(index, path):
    mark(path, "begin", index)
    made = pattern(index)
    mark(path, "end", index)
    return made


def pids_of(pid):
    """A process and all that it started."""
    process = psutil.Process(pid)
    return [pid] + [child.pid for child in process.children(recursive=True)]


def strike(pids, number=signal.SIGKILL):
    at = now()
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
    return at


def supervised(prefix):
    """Goes on in a child with a folder of its own for temporary files, while this process waits for it and then ends
    all that it left, by id: also what it is too dead to end itself, and what is frozen. Call it before a thread is started."""
    folder = tempfile.mkdtemp(prefix=prefix)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become ours
    child = os.fork()
    if child == 0:
        return folder
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for _ in range(3):  # some may be starting others
            strike(pids_of(os.getpid())[1:])
            time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(os.waitstatus_to_exitcode(status) & 255)


class Watch(threading.Thread):
    """Asks every 20 ms whether a loss is known, and keeps when it first was."""

    def __init__(self, is_known):
        super().__init__(daemon=True)
        self.is_known = is_known
        self.heard_at = None
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.02):
            try:
                if self.is_known():
                    self.heard_at = now()
                    return
            except Exception:  # whoever is asked may be what was struck
                pass

    def result(self, seconds):
        self.join(seconds)
        self.over.set()
        return self.heard_at


class Order:
    def __init__(self):
        order = json.loads(sys.argv[1])
        self.case = order["case"]
        self.directory = order["directory"]
        self.runs = order["runs"]
        self.limit = order["limitMs"] / 1000

    def not_finished(self):
        return f"not finished in {self.limit:.0f} s"


def facts(began_at, ended_at, lost, losses=(), changes=(), note="", newcomer_pids=None):
    """`losses` are (at, pids, heard at), `changes` (at, slots)."""
    found = {
        "beganAt": began_at,
        "endedAt": ended_at,
        "lost": lost,
        "losses": [{"at": at, "pids": pids, "heardAt": heard} for at, pids, heard in losses],
        "changes": [{"at": at, "slots": slots} for at, slots in changes],
        "note": note,
    }
    if newcomer_pids is not None:
        found["newcomerPids"] = newcomer_pids
    return found


def say(found):
    """On the real standard output, whatever the libraries print."""
    sys.stdout.flush()
    os.write(1, ("\n" + json.dumps(found) + "\n").encode())


def name_of(error):
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text[:80]}"


def counted(errors):
    return ", ".join(f"{errors.count(name)} {name}" for name in dict.fromkeys(errors))
