"""Handoff: takes a shopper's bag from a Poq app into the checkout of a Magento 2 shop."""

__version__ = "0.2.0"
