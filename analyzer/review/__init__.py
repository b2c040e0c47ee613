"""Decisions of a reviewer: what may be decided in the review workbook, and what a site profile gets from it."""
