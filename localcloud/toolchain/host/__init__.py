"""Pulumi's Python language host, for a CLI that was built from modules and so has none.

The engine starts it, reads one line with a port, and calls it by gRPC
(`pulumi/language.proto`): which plugins a program needs, run the program, run a
policy pack.
"""
