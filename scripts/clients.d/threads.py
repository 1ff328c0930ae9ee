# SPDX-License-Identifier: GPL-2.0
"""A program of two threads: one waits, the first allocates memory and writes a dot at every turn."""

import threading
import time


def waits():
    threading.Event().wait()


def turns():
    while True:
        bytearray(100_000)
        print(".", flush=True)
        time.sleep(0.01)


threading.Thread(target=waits, daemon=True).start()
turns()
