"""Kernels: one source, two speeds. ``loading`` runs kernel modules as they are or compiled; ``intrinsics`` are machine loads."""
