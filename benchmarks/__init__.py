"""Measurements and the synthetic data they and the samples need; no part of the product."""
