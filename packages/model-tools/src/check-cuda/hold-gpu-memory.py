"""Takes the free memory of the first GPU, says so, and holds it until its input ends. Needs the driver alone."""

import ctypes
import sys

LEFT_FREE = 64 << 20
"""Bytes that stay free: too few for a picture, enough for the driver."""


def call(function, *arguments):
    """One call of the driver; ends the program when it fails."""
    status = function(*arguments)
    if status:
        sys.exit(f'{function.__name__} answered {status}')


driver = ctypes.CDLL('libcuda.so.1')
device, context = ctypes.c_int(), ctypes.c_void_p()
call(driver.cuInit, 0)
call(driver.cuDeviceGet, ctypes.byref(device), 0)
call(driver.cuDevicePrimaryCtxRetain, ctypes.byref(context), device)
call(driver.cuCtxSetCurrent, context)
taken, piece = 0, 16 << 30
while piece >= 1 << 20:
    free, total, address = ctypes.c_size_t(), ctypes.c_size_t(), ctypes.c_uint64()
    call(driver.cuMemGetInfo_v2, ctypes.byref(free), ctypes.byref(total))
    # Some of what is called free cannot be had: smaller pieces are tried until none fits.
    if free.value < LEFT_FREE + piece or driver.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(piece)):
        piece //= 2
    else:
        taken += piece
print(f'{taken >> 20} MiB taken', flush=True)
sys.stdin.read()
