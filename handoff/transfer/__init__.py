"""The transfer endpoint: takes a bag or a quote from Poq, and answers with an instruction."""
