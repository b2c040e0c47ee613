"""Kernels: ``loading`` runs kernel modules as they are or compiled; ``intrinsics`` has the loads of the machine."""
