"""The transfer endpoint: accepts a bag or a quote from Poq, and returns an instruction."""
