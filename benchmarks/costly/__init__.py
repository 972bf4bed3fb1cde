"""A shop whose calls cost what they cost at a Magento."""
