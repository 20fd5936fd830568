#!/usr/bin/env python3
"""Runs a command with a terminal as some of its descriptors, and writes to FILE what reaches that.

Usage: terminal.py FILE DESCRIPTORS COMMAND...      (DESCRIPTORS: 1, 2 or 12)

The terminal passes on every byte as it is. The exit status is the command's.
"""
import os
import pty
import sys
import tty

file, descriptors, *command = sys.argv[1:]
terminal, end = pty.openpty()
tty.setraw(end)
child = os.fork()
if child == 0:
    for descriptor in descriptors:
        os.dup2(end, int(descriptor))
    os.close(end)
    os.execvp(command[0], command)
os.close(end)
with open(file, "wb") as seen:
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # EIO: nobody has its other end any more
            break
        seen.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
