"""Kernels: ``loading`` runs kernel modules as they are or compiled; ``intrinsics`` are loads of the machine."""
