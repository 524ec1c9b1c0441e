"""Simulated annotators.

crowd         who answers which question, how fast, and with which mistakes     preferences   which answer they prefer
annotators    how their answers get into Label Studio
"""
