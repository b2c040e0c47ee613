"""The functions of Windows that are called, with the types of their arguments."""

import ctypes
import sys
from ctypes import wintypes

assert sys.platform == "win32"

kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
ntdll = ctypes.WinDLL("ntdll")
advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

kernel32.CreateJobObjectW.restype = wintypes.HANDLE
kernel32.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
kernel32.OpenProcess.restype = wintypes.HANDLE
kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
kernel32.GetCurrentProcess.restype = wintypes.HANDLE
kernel32.GetFileType.argtypes = (wintypes.HANDLE,)
kernel32.PeekNamedPipe.argtypes = (
    *(wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD),
    *(wintypes.LPDWORD, wintypes.LPDWORD, wintypes.LPDWORD),
)
kernel32.LockFileEx.argtypes = (wintypes.HANDLE, *(wintypes.DWORD,) * 4, ctypes.c_void_p)
kernel32.LocalFree.argtypes = (ctypes.c_void_p,)
ntdll.NtResumeProcess.argtypes = (wintypes.HANDLE,)

PROCESS_TERMINATE, PROCESS_SET_QUOTA, PROCESS_SUSPEND_RESUME = 0x0001, 0x0100, 0x0800
JOB_EXTENDED_LIMIT_INFORMATION = 9
JOB_LIMIT_PROCESS_MEMORY, JOB_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_LIMIT_KILL_ON_CLOSE = 0x0100, 0x0400, 0x2000
FILE_TYPE_PIPE = 3
LOCK_FAIL_IMMEDIATELY, LOCK_EXCLUSIVE = 1, 2
ERROR_LOCK_VIOLATION, ERROR_IO_PENDING = 33, 997


class Overlapped(ctypes.Structure):
    """OVERLAPPED: an offset in a file."""

    _fields_ = (
        ("internal", ctypes.c_size_t),
        ("internal_high", ctypes.c_size_t),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("flags", wintypes.DWORD),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority_class", wintypes.DWORD),
        ("scheduling_class", wintypes.DWORD),
    )


class JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def new_job(limits: int, memory: int = 0) -> int:
    """A job object with these limits; ``memory``: octets of each of its processes. Raises OSError."""
    job = kernel32.CreateJobObjectW(None, None)
    if not job:
        raise ctypes.WinError(ctypes.get_last_error())
    wanted = JobLimits()
    wanted.basic.flags = limits
    wanted.process_memory = memory
    if not kernel32.SetInformationJobObject(
        job, JOB_EXTENDED_LIMIT_INFORMATION, ctypes.byref(wanted), ctypes.sizeof(wanted)
    ):
        error = ctypes.WinError(ctypes.get_last_error())
        kernel32.CloseHandle(job)
        raise error
    return int(job)
