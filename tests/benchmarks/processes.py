"""What a process of its own needs: memory, and time from its start."""

import os
import resource
import subprocess
import sys

_MEASURED = """
import gc, re
def resident(which):
    with open('/proc/self/status') as status:
        return int(re.search(which + r':\\s+(\\d+)', status.read())[1]) / 1024
def begin():
    gc.collect()
    with open('/proc/self/clear_refs', 'w') as marks:
        marks.write('5')  # forget the highest so far
    global before
    before = resident('VmRSS')
def end():
    print(resident('VmHWM') - before)
def grown():
    gc.collect()
    print(resident('VmRSS') - before)
"""


def memory_mb(script: str) -> float:
    """What a script prints by `end()`, the most memory since `begin()`, or by `grown()`, what is still
    held; megabytes above what was resident at `begin()`."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED + script], check=True, capture_output=True, text=True, env=os.environ
    )
    return float(done.stdout.split()[-1])


def fresh_process_ms(script: str, repeats: int = 10) -> float:
    """CPU of a new interpreter, its start included, best of several; of one thread, so the wall-clock
    of a machine with nothing else to do."""
    best = float("inf")
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best * 1_000
